internal import Mapping

extension MySQLConnection {
    /// What the rows of an entity depend on: the statement of its view and of every view and table
    /// that this reads, in the order in which they are met.
    ///
    /// Of what the account may not see the statement (SHOW VIEW is missing, or the view reads what
    /// the account may not), the names and types of the columns, as far as it sees these; stored
    /// functions that a view calls are not looked at.
    ///
    /// - Throws: what the server says: 1146 where a view or table is not there.
    public func definitions(of entity: EntityRead) throws(MySQLError) -> [DefinitionFacet] {
        var names = SQLTableNames.names(in: entity.selectSQL)
        if let table = entity.baseTable { names.append(QualifiedName(name: table)) }
        return try definitions(of: names)
    }

    /// The same for these views and tables of the connection's database.
    public func definitions(ofTables names: [String]) throws(MySQLError) -> [DefinitionFacet] {
        try definitions(of: names.map { QualifiedName(name: $0) })
    }

    private func definitions(of names: [QualifiedName]) throws(MySQLError) -> [DefinitionFacet] {
        var facets: [DefinitionFacet] = []
        var waiting = names
        var seen = Set<QualifiedName>()
        while !waiting.isEmpty {
            let name = ownName(waiting.removeFirst())
            guard seen.insert(name).inserted, let facet = try definition(of: name) else { continue }
            facets.append(facet)
            guard facet.isView else { continue }
            // What a view of another database names without one is there, not here.
            let statement = facet.text.replacing(",\n", with: ",")
            waiting += SQLTableNames.names(in: statement).map {
                QualifiedName(database: $0.database ?? name.database, name: $0.name)
            }
        }
        guard !facets.isEmpty || names.isEmpty else {
            throw MySQLError(
                code: MySQLError.tableMissing,
                sqlState: "42S02",
                operation: "read the definitions",
                subject: subject(names[0].text),
                message: "there is no such table or view that the account may see"
            )
        }
        return facets
    }

    /// The name without the database where that is the connection's own.
    private func ownName(_ name: QualifiedName) -> QualifiedName {
        name.database == settings.database ? QualifiedName(name: name.name) : name
    }

    /// nil where there is nothing of this name that the account may see.
    private func definition(of name: QualifiedName) throws(MySQLError) -> DefinitionFacet? {
        do throws(MySQLError) {
            return try statement(of: name)
        } catch  where MySQLError.missingCodes.contains(error.code) {
            return nil
        } catch  where MySQLError.deniedCodes.contains(error.code) {
            return try columns(of: name)
        }
    }

    private func statement(of name: QualifiedName) throws(MySQLError) -> DefinitionFacet? {
        let rows = try query(
            "SHOW CREATE TABLE \(name.sql)",
            operation: "read the definition",
            on: name.text
        )
        guard let row = rows.first, row.count > 1, let cell = row[1] else { return nil }
        let text = String(decoding: cell, as: UTF8.self)
        // Of a view there are the character sets too that it was made in.
        let isView = row.count > 2
        return DefinitionFacet(
            name: "\(isView ? "view" : "table") \(name.text)",
            text: isView ? DefinitionText.ofView(text) : DefinitionText.ofTable(text),
            source: .statement(name)
        )
    }

    private func columns(of name: QualifiedName) throws(MySQLError) -> DefinitionFacet? {
        let rows = try query(
            """
            SELECT CONCAT(COLUMN_NAME, ' ', COLUMN_TYPE, IF(IS_NULLABLE = 'YES', '', ' NOT NULL')) \
            FROM INFORMATION_SCHEMA.COLUMNS \
            WHERE TABLE_SCHEMA = \(SQLText.quoted(name.database ?? settings.database)) \
            AND TABLE_NAME = \(SQLText.quoted(name.name)) ORDER BY ORDINAL_POSITION
            """,
            operation: "read the definition",
            on: name.text
        )
        let lines = rows.map { $0.first?.map { String(decoding: $0, as: UTF8.self) } ?? "" }
        guard !lines.isEmpty else { return nil }
        return DefinitionFacet(
            name: "columns of \(name.text)",
            text: lines.joined(separator: "\n"),
            source: .columns(name)
        )
    }

    // MARK: Looking again

    /// Looks whether what these facets say is still so: one statement a view or table, and
    /// one for the server.
    ///
    /// - Throws: an error that nothing mends, which says what has changed; or what the server says.
    public func confirm(_ facets: [DefinitionFacet], on object: String?) throws(MySQLError) {
        var identity: [DefinitionFacet] = []
        for facet in facets {
            let now: DefinitionFacet?
            switch facet.source {
            case .statement(let name): now = try definition(of: name)
            case .columns(let name): now = try columns(of: name)
            case .server:
                if identity.isEmpty { identity = try serverIdentity() }
                now = identity.first { $0.name == facet.name }
            }
            if now == facet { continue }
            throw changed(facet, now: now, on: object)
        }
    }

    private func changed(_ facet: DefinitionFacet, now: DefinitionFacet?, on object: String?)
        -> MySQLError
    {
        var message = "\(facet.name) has changed since the run began"
        if let now, now.name == facet.name {
            message += ":\n" + DefinitionText.difference(from: facet.text, to: now.text) + "\n"
        } else {
            message +=
                now.map { ": it is \($0.name) now" } ?? ": it is gone, or hidden from the account"
        }
        return MySQLError(
            code: 0,
            operation: "read on",
            subject: subject(object),
            message: message,
            hint: """
                Rows read before and after it would not fit together. Undo the change and resume, or \
                start anew with --fresh.
                """
        )
    }

    /// Who the server is: what another one, restored from a copy or failed over to, has otherwise.
    ///
    /// An upgrade of the same server changes nothing of it.
    public func serverIdentity() throws(MySQLError) -> [DefinitionFacet] {
        let isMariaDB = server.version.flavour == .mariadb
        let rows = try query(
            isMariaDB
                ? "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
                    + "('server_uid', 'server_id', 'hostname', 'port')"
                : "SELECT 'server_uuid', @@GLOBAL.server_uuid",
            operation: "ask who the server is"
        )
        let variables = rows.compactMap { row -> (String, String)? in
            guard row.count > 1, let name = row[0], let value = row[1] else { return nil }
            return (
                String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self)
            )
        }.sorted { $0.0 < $1.0 }
        return [
            DefinitionFacet(
                name: "server flavour",
                text: server.version.flavour.rawValue,
                source: .server
            )
        ]
            + variables.map {
                DefinitionFacet(name: "server \($0.0)", text: $0.1, source: .server)
            }
    }
}
