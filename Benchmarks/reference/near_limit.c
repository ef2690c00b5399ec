/* The near-limit: what one thread can do with the same libraries and nothing else.
 *
 *   near_limit HOST PORT USER DATABASE ENDPOINT-URL
 *
 * Streams the view of Benchmarks/contracts/orders.json with mysql_use_result, writes each order as
 * the same bytes as Unglue, signs every request with SigV4 and posts BatchWriteItem of 25 items over
 * one kept-alive connection. It reads with one statement and waits for each answer before it goes
 * on; it retries nothing, checks no value, keeps no account: any answer but complete success ends
 * it with status 1. The password comes from UNGLUE_MYSQL_PASSWORD, certificates to trust from
 * AWS_CA_BUNDLE. Prints one line of JSON: what it has sent.
 */
#include <curl/curl.h>
#include <mysql.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ACCESS_KEY "local"
#define SECRET_KEY "local"
#define REGION "us-east-1"
#define TARGET "DynamoDB_20120810.BatchWriteItem"
#define ITEMS_MAX 25
#define BODY_START "{\"RequestItems\":{\"Orders\":["
#define BODY_END "]},\"ReturnConsumedCapacity\":\"INDEXES\"}"
#define PUT_START "{\"PutRequest\":{\"Item\":{"

static void fail(const char *what, const char *why) {
    fprintf(stderr, "near_limit: %s: %s\n", what, why);
    exit(1);
}

/* ---- A buffer that only grows ---- */

typedef struct {
    char *bytes;
    size_t count, capacity;
} Buffer;

static void reserve(Buffer *buffer, size_t more) {
    if (buffer->count + more <= buffer->capacity) return;
    buffer->capacity = 2 * (buffer->count + more);
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (buffer->bytes == NULL) fail("memory", "there is none left");
}

static void add(Buffer *buffer, const char *bytes, size_t count) {
    reserve(buffer, count);
    memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
}

#define ADD(buffer, literal) add(buffer, literal, sizeof(literal) - 1)

/* ---- Values ---- */

/* Bytes of a JSON string that are written otherwise: what follows the backslash; 1: as \u00XX. */
static const unsigned char ESCAPES[256] = {
    1, 1, 1, 1, 1, 1, 1, 1, 'b', 't', 'n', 1, 'f', 'r', 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    ['"'] = '"', ['\\'] = '\\',
};

static void add_escape(Buffer *buffer, unsigned char byte) {
    char text[8];
    if (ESCAPES[byte] == 1) {
        snprintf(text, sizeof text, "\\u%04x", byte);
        add(buffer, text, 6);
    } else {
        text[0] = '\\';
        text[1] = (char)ESCAPES[byte];
        add(buffer, text, 2);
    }
}

static void add_text(Buffer *buffer, const char *bytes, size_t count) {
    size_t start = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (ESCAPES[byte] == 0) continue;
        add(buffer, bytes + start, i - start);
        add_escape(buffer, byte);
        start = i + 1;
    }
    add(buffer, bytes + start, count - start);
}

/* JSON text, printed with one space behind each comma and colon, as the text of a JSON string. */
static void add_json_text(Buffer *buffer, const char *bytes, size_t count) {
    int in_string = 0;
    reserve(buffer, 2 * count + 2);
    char *out = buffer->bytes + buffer->count;
    for (size_t i = 0; i < count; i++) {
        char byte = bytes[i];
        if (in_string) {
            if (byte == '\\') {
                *out++ = '\\';
                *out++ = '\\';
                byte = bytes[++i];
            } else if (byte == '"') {
                in_string = 0;
            }
            if (byte == '"' || byte == '\\') *out++ = '\\';
            *out++ = byte;
        } else if (byte == '"') {
            in_string = 1;
            *out++ = '\\';
            *out++ = '"';
        } else if (byte == ',' || byte == ':') {
            *out++ = byte;
            *out++ = ' ';
        } else if (byte != ' ' && byte != '\n' && byte != '\t' && byte != '\r') {
            *out++ = byte;
        }
    }
    buffer->count = (size_t)(out - buffer->bytes);
}

/* A DECIMAL as the server prints it, without the zeros that say nothing. */
static void add_number(Buffer *buffer, const char *bytes, size_t count) {
    if (memchr(bytes, '.', count) != NULL) {
        while (bytes[count - 1] == '0') count--;
        if (bytes[count - 1] == '.') count--;
    }
    add(buffer, bytes, count);
}

/* ---- The item ---- */

enum { EMAIL, ID, USER, STATUS, TOTAL, LINES, CREATED, UPDATED, COLUMNS };

static const char *const QUERY =
    "SELECT PK, order_id, user_id, order_status, total_amount, order_items, created_at, updated_at "
    "FROM ddb_Orders_view";

static void add_item(Buffer *body, MYSQL_ROW row, const unsigned long *lengths) {
    ADD(body, PUT_START "\"PK\":{\"S\":\"");
    add_text(body, row[EMAIL], lengths[EMAIL]);
    ADD(body, "\"},\"SK\":{\"S\":\"ORDER#");
    add(body, row[CREATED], lengths[CREATED]);
    ADD(body, "#");
    add(body, row[ID], lengths[ID]);
    ADD(body, "\"},\"order_id\":{\"S\":\"");
    add(body, row[ID], lengths[ID]);
    ADD(body, "\"},\"user_id\":{\"S\":\"");
    add(body, row[USER], lengths[USER]);
    if (row[STATUS] != NULL) {
        ADD(body, "\"},\"order_status\":{\"S\":\"");
        add_text(body, row[STATUS], lengths[STATUS]);
    }
    if (row[TOTAL] != NULL) {
        ADD(body, "\"},\"total_amount\":{\"N\":\"");
        add_number(body, row[TOTAL], lengths[TOTAL]);
    }
    ADD(body, "\"},\"order_items\":{\"S\":\"");
    add_json_text(body, row[LINES], lengths[LINES]);
    ADD(body, "\"},\"created_at\":{\"S\":\"");
    add(body, row[CREATED], lengths[CREATED]);
    ADD(body, "\"},\"updated_at\":{\"S\":\"");
    add(body, row[UPDATED], lengths[UPDATED]);
    ADD(body, "\"}}}}");
}

/* ---- SigV4 ---- */

static void hex(const unsigned char *digest, char *text) {
    static const char DIGITS[] = "0123456789abcdef";
    for (int i = 0; i < 32; i++) {
        text[2 * i] = DIGITS[digest[i] >> 4];
        text[2 * i + 1] = DIGITS[digest[i] & 15];
    }
    text[64] = 0;
}

static EVP_MD *sha256;
static EVP_MD_CTX *digest_context;

static void digest(const char *bytes, size_t count, unsigned char *result) {
    if (EVP_DigestInit_ex(digest_context, sha256, NULL) != 1
        || EVP_DigestUpdate(digest_context, bytes, count) != 1
        || EVP_DigestFinal_ex(digest_context, result, NULL) != 1)
        fail("SHA-256", "libcrypto refuses");
}

static void hmac(const unsigned char *key, size_t key_count, const char *text, unsigned char *out) {
    unsigned int count;
    if (HMAC(sha256, key, (int)key_count, (const unsigned char *)text, strlen(text), out, &count)
        == NULL)
        fail("HMAC", "libcrypto refuses");
}

/* Fills `date` and `authorization` with the two headers; the key of the day is kept. */
static void sign(const char *host, const Buffer *body, char *date, char *authorization,
                 size_t authorization_max) {
    static time_t last;
    static char stamp[17], day[9];
    static unsigned char key[32];
    unsigned char hash[32];
    char payload[65], canonical[600], request[65], text[300], signature[65];
    time_t now = time(NULL);
    if (now != last) {
        struct tm utc;
        char today[9];
        gmtime_r(&now, &utc);
        strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
        memcpy(today, stamp, 8);
        today[8] = 0;
        if (strcmp(today, day) != 0) {
            strcpy(day, today);
            hmac((const unsigned char *)"AWS4" SECRET_KEY, strlen("AWS4" SECRET_KEY), day, key);
            hmac(key, 32, REGION, key);
            hmac(key, 32, "dynamodb", key);
            hmac(key, 32, "aws4_request", key);
        }
        last = now;
    }
    digest(body->bytes, body->count, hash);
    hex(hash, payload);
    int count = snprintf(canonical, sizeof canonical,
        "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:%s\nx-amz-date:%s\n"
        "x-amz-target:" TARGET "\n\ncontent-type;host;x-amz-date;x-amz-target\n%s",
        host, stamp, payload);
    digest(canonical, (size_t)count, hash);
    hex(hash, request);
    snprintf(text, sizeof text, "AWS4-HMAC-SHA256\n%s\n%s/" REGION "/dynamodb/aws4_request\n%s",
             stamp, day, request);
    hmac(key, 32, text, hash);
    hex(hash, signature);
    snprintf(date, 40, "X-Amz-Date: %s", stamp);
    snprintf(authorization, authorization_max,
        "Authorization: AWS4-HMAC-SHA256 Credential=" ACCESS_KEY "/%s/" REGION
        "/dynamodb/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
        "Signature=%s", day, signature);
}

/* ---- The request ---- */

static Buffer answer;

static size_t receive(char *bytes, size_t size, size_t count, void *context) {
    (void)context;
    add(&answer, bytes, size * count);
    return size * count;
}

static void post(CURL *curl, const char *host, const Buffer *body) {
    char date[40], authorization[400];
    long status = 0;
    sign(host, body, date, authorization, sizeof authorization);
    struct curl_slist *headers = curl_slist_append(NULL, date);
    headers = curl_slist_append(headers, authorization);
    headers = curl_slist_append(headers, "X-Amz-Target: " TARGET);
    headers = curl_slist_append(headers, "Content-Type: application/x-amz-json-1.0");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->bytes);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body->count);
    answer.count = 0;
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK) fail("BatchWriteItem", curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    add(&answer, "", 1);
    if (status != 200 || strstr(answer.bytes, "\"UnprocessedItems\":{}") == NULL)
        fail("BatchWriteItem was not answered with success", answer.bytes);
    curl_slist_free_all(headers);
}

static void query(MYSQL *mysql, const char *sql) {
    if (mysql_real_query(mysql, sql, strlen(sql)) != 0) fail(sql, mysql_error(mysql));
}

static MYSQL *connect_mysql(char **arguments) {
    MYSQL *mysql = mysql_init(NULL);
    if (mysql == NULL) fail("memory", "there is none left");
    mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (mysql_real_connect(mysql, arguments[1], arguments[3], getenv("UNGLUE_MYSQL_PASSWORD"),
                           arguments[4], (unsigned)atoi(arguments[2]), NULL, 0) == NULL)
        fail("connecting", mysql_error(mysql));
    query(mysql, "SET time_zone = '+00:00', group_concat_max_len = 1073741824");
    return mysql;
}

static CURL *open_transport(const char *url) {
    CURL *curl = curl_easy_init();
    if (curl == NULL) fail("memory", "there is none left");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    if (getenv("AWS_CA_BUNDLE") != NULL)
        curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("AWS_CA_BUNDLE"));
    return curl;
}

int main(int count, char **arguments) {
    if (count != 6) fail("usage", "near_limit HOST PORT USER DATABASE ENDPOINT-URL");
    curl_global_init(CURL_GLOBAL_ALL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest_context = EVP_MD_CTX_new();
    if (sha256 == NULL || digest_context == NULL) fail("SHA-256", "libcrypto has none");

    const char *host = strstr(arguments[5], "://");
    if (host == NULL) fail(arguments[5], "write http://host:port");
    host += 3;
    CURL *curl = open_transport(arguments[5]);
    MYSQL *mysql = connect_mysql(arguments);
    query(mysql, QUERY);
    MYSQL_RES *result = mysql_use_result(mysql);
    if (result == NULL) fail("reading", mysql_error(mysql));

    Buffer body = {0};
    int held = 0;
    uint64_t items = 0, requests = 0, bytes = 0;
    MYSQL_ROW row;
    ADD(&body, BODY_START);
    for (;;) {
        row = mysql_fetch_row(result);
        if (row != NULL) {
            if (held > 0) ADD(&body, ",");
            add_item(&body, row, mysql_fetch_lengths(result));
            held++;
            items++;
        }
        if (held == ITEMS_MAX || (row == NULL && held > 0)) {
            ADD(&body, BODY_END);
            post(curl, host, &body);
            requests++;
            bytes += body.count;
            body.count = strlen(BODY_START);
            held = 0;
        }
        if (row == NULL) break;
    }
    if (mysql_errno(mysql) != 0) fail("reading", mysql_error(mysql));
    printf("{\"items\": %llu, \"requests\": %llu, \"bytes\": %llu}\n", (unsigned long long)items,
           (unsigned long long)requests, (unsigned long long)bytes);
    return 0;
}
