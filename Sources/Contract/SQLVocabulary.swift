/// The words and functions of SQL that a fragment may have, and those that it may not, with the
/// reason.
///
/// In upper case.
///
/// Functions are taken from a list instead of refused from one: a stored function of the database
/// looks like any other and may read, wait or write.
enum SQLVocabulary {
    /// Words of statements, clauses and subqueries.
    ///
    /// All are reserved, so none can be a bare column.
    static let statementWords: Set<String> = words(
        """
        SELECT UNION INTERSECT EXCEPT INTO INSERT UPDATE DELETE REPLACE DROP ALTER CREATE GRANT
        REVOKE CALL SHOW DESCRIBE DESC EXPLAIN LOAD LOCK UNLOCK KILL USE RENAME SET TABLE VALUES
        WITH WHERE HAVING GROUP ORDER LIMIT JOIN STRAIGHT_JOIN PROCEDURE OUTFILE WINDOW OVER
        DISTINCT DISTINCTROW EXISTS ANALYZE OPTIMIZE PURGE SIGNAL RESIGNAL RETURN DECLARE TRIGGER
        UNDO ITERATE LEAVE LOOP WHILE DATABASES SCHEMAS FETCH LATERAL PARTITION
        """
    )

    /// Words of `statementWords` that are functions when a parenthesis follows.
    static let functionsNamedLikeStatements: Set<String> = ["REPLACE", "INSERT"]

    /// Functions without parentheses.
    static let bareFunctions: Set<String> = words(
        """
        CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURRENT_ROLE LOCALTIME
        LOCALTIMESTAMP UTC_DATE UTC_TIME UTC_TIMESTAMP
        """
    )

    /// Words that a parenthesis may follow without making them a function.
    static let wordsBeforeParenthesis: Set<String> = words(
        """
        AND OR XOR NOT IN IS LIKE RLIKE REGEXP BETWEEN DIV CASE WHEN THEN ELSE INTERVAL AS FROM
        FOR USING ESCAPE OF ROW BINARY VARBINARY NCHAR VARCHAR DECIMAL DEC NUMERIC FLOAT DOUBLE
        REAL DATETIME SIGNED UNSIGNED BOTH LEADING TRAILING RETURNING
        """
    )

    /// Words that may follow a value: operators, the parts of CASE, CAST, TRIM, SUBSTRING and
    /// JSON_VALUE, and the units of INTERVAL.
    static let wordsAfterValue: Set<String> = words(
        """
        AND OR XOR NOT IS IN LIKE RLIKE REGEXP BETWEEN DIV MOD COLLATE SOUNDS MEMBER ESCAPE WHEN
        THEN ELSE END AS FROM FOR USING AT CHARACTER CHARSET ARRAY SIGNED UNSIGNED RETURNING NULL
        DEFAULT ERROR ON MICROSECOND SECOND MINUTE HOUR DAY WEEK MONTH QUARTER YEAR
        SECOND_MICROSECOND MINUTE_MICROSECOND MINUTE_SECOND HOUR_MICROSECOND HOUR_SECOND
        HOUR_MINUTE DAY_MICROSECOND DAY_SECOND DAY_MINUTE DAY_HOUR YEAR_MONTH
        """
    )

    /// Words that make several words without any symbol an expression: `name IS NULL`.
    static let operatorWords: Set<String> = words(
        """
        AND OR XOR IS IN LIKE RLIKE REGEXP BETWEEN DIV MOD COLLATE SOUNDS MEMBER CASE BINARY
        INTERVAL
        """
    )

    /// Why a function is refused; nil if it is known to be pure, or unknown.
    static func refusal(ofFunction name: String) -> String? {
        for (names, reason) in refusedFunctions where names.contains(name) { return reason }
        return nil
    }

    /// Whether a function's value depends on its arguments only.
    ///
    /// All spatial functions are so.
    static func isPure(_ name: String) -> Bool {
        pureFunctions.contains(name) || name.hasPrefix("ST_") || name.hasPrefix("MBR")
    }

    private static let refusedFunctions: [(Set<String>, String)] = [
        (
            words(
                """
                RAND RANDOM_BYTES UUID UUID_SHORT UUIDV4 UUIDV7 SYS_GUID NOW SYSDATE CURDATE
                CURTIME CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP LOCALTIME LOCALTIMESTAMP
                UTC_DATE UTC_TIME UTC_TIMESTAMP ENCRYPT
                """
            ),
            "gives another value at each read, so that no two runs would write the same"
        ),
        (
            words(
                """
                USER CURRENT_USER SESSION_USER SYSTEM_USER CURRENT_ROLE DATABASE SCHEMA
                CONNECTION_ID LAST_INSERT_ID FOUND_ROWS ROW_COUNT VERSION ICU_VERSION
                ROLES_GRAPHML PS_CURRENT_THREAD_ID PS_THREAD_ID LAST_VALUE
                """
            ),
            "depends on the session that asks, not on the row"
        ),
        (
            words(
                """
                SLEEP BENCHMARK GET_LOCK RELEASE_LOCK RELEASE_ALL_LOCKS IS_FREE_LOCK IS_USED_LOCK
                MASTER_POS_WAIT SOURCE_POS_WAIT MASTER_GTID_WAIT WAIT_FOR_EXECUTED_GTID_SET
                WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS
                """
            ),
            "waits or takes a lock on the source"
        ),
        (words("LOAD_FILE"), "reads a file of the server"),
        (words("NEXTVAL LASTVAL SETVAL"), "changes or reads a sequence"),
        (
            words(
                """
                COUNT SUM AVG MIN MAX GROUP_CONCAT JSON_ARRAYAGG JSON_OBJECTAGG BIT_AND BIT_OR
                BIT_XOR STD STDDEV STDDEV_POP STDDEV_SAMP VARIANCE VAR_POP VAR_SAMP ANY_VALUE
                GROUPING ST_COLLECT
                """
            ),
            "works on many rows, and would make one item of them"
        ),
        (
            words(
                """
                ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE LAG LEAD FIRST_VALUE
                NTH_VALUE MEDIAN PERCENTILE_CONT PERCENTILE_DISC
                """
            ),
            "works on a window of rows, and would make the server read all of them for each"
        ),
    ]

    /// Functions of MySQL 9 and MariaDB whose value depends on their arguments only.
    /// https://dev.mysql.com/doc/refman/9.4/en/built-in-function-reference.html and
    /// https://mariadb.com/kb/en/built-in-functions/
    private static let pureFunctions: Set<String> = words(
        """
        ABS ACOS ASIN ATAN ATAN2 CEIL CEILING CONV COS COT CRC32 CRC32C DEGREES EXP FLOOR LN LOG
        LOG10 LOG2 MOD PI POW POWER RADIANS ROUND SIGN SIN SQRT TAN TRUNCATE FORMAT GREATEST LEAST
        INTERVAL COALESCE IF IFNULL NULLIF ISNULL NVL NVL2 DECODE ELT FIELD FIND_IN_SET MAKE_SET
        EXPORT_SET ASCII BIN BIT_LENGTH BIT_COUNT CHAR CHR CHAR_LENGTH CHARACTER_LENGTH CONCAT
        CONCAT_WS FROM_BASE64 HEX INSERT INSTR LCASE LEFT LENGTH LENGTHB LOCATE LOWER LPAD LTRIM
        MID OCT OCTET_LENGTH ORD POSITION QUOTE REPEAT REPLACE REVERSE RIGHT RPAD RTRIM SOUNDEX
        SPACE STRCMP SUBSTR SUBSTRING SUBSTRING_INDEX TO_BASE64 TO_CHAR TO_NUMBER TRIM UCASE UNHEX
        UPPER WEIGHT_STRING NATURAL_SORT_KEY SFORMAT CHARSET COLLATION COERCIBILITY TRANSLATE
        REGEXP_LIKE REGEXP_INSTR REGEXP_REPLACE REGEXP_SUBSTR CAST CONVERT CONVERT_TZ BINARY DATE
        TIME TIMESTAMP YEAR MONTH DAY HOUR MINUTE SECOND MICROSECOND QUARTER WEEK WEEKDAY
        WEEKOFYEAR YEARWEEK DAYNAME DAYOFMONTH DAYOFWEEK DAYOFYEAR MONTHNAME LAST_DAY MAKEDATE
        MAKETIME PERIOD_ADD PERIOD_DIFF ADDDATE SUBDATE ADDTIME SUBTIME DATE_ADD DATE_SUB
        DATE_FORMAT DATEDIFF EXTRACT FROM_DAYS FROM_UNIXTIME GET_FORMAT SEC_TO_TIME STR_TO_DATE
        TIME_FORMAT TIME_TO_SEC TIMEDIFF TIMESTAMPADD TIMESTAMPDIFF TO_DAYS TO_SECONDS
        UNIX_TIMESTAMP ADD_MONTHS MONTHS_BETWEEN TO_DATE MD5 SHA SHA1 SHA2 AES_ENCRYPT AES_DECRYPT
        COMPRESS UNCOMPRESS UNCOMPRESSED_LENGTH KDF INET_ATON INET_NTOA INET6_ATON INET6_NTOA
        IS_IPV4 IS_IPV6 IS_IPV4_COMPAT IS_IPV4_MAPPED BIN_TO_UUID UUID_TO_BIN IS_UUID FORMAT_BYTES
        FORMAT_PICO_TIME STATEMENT_DIGEST EXTRACTVALUE UPDATEXML JSON_ARRAY JSON_ARRAY_APPEND
        JSON_ARRAY_INSERT JSON_ARRAY_INTERSECT JSON_COMPACT JSON_CONTAINS JSON_CONTAINS_PATH
        JSON_DEPTH JSON_DETAILED JSON_EQUALS JSON_EXISTS JSON_EXTRACT JSON_INSERT JSON_KEYS
        JSON_KEY_VALUE JSON_LENGTH JSON_LOOSE JSON_MERGE_PATCH JSON_MERGE_PRESERVE JSON_NORMALIZE
        JSON_OBJECT JSON_OBJECT_FILTER_KEYS JSON_OBJECT_TO_ARRAY JSON_OVERLAPS JSON_PRETTY
        JSON_QUERY JSON_QUOTE JSON_REMOVE JSON_REPLACE JSON_SCHEMA_VALID JSON_SEARCH JSON_SET
        JSON_STORAGE_SIZE JSON_TYPE JSON_UNQUOTE JSON_VALID JSON_VALUE POINT LINESTRING POLYGON
        MULTIPOINT MULTILINESTRING MULTIPOLYGON GEOMETRYCOLLECTION VEC_FROMTEXT VEC_TOTEXT
        VEC_DISTANCE VEC_DISTANCE_EUCLIDEAN VEC_DISTANCE_COSINE STRING_TO_VECTOR TO_VECTOR
        VECTOR_TO_STRING FROM_VECTOR VECTOR_DIM DISTANCE
        """
    )

    private static func words(_ text: String) -> Set<String> {
        Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
