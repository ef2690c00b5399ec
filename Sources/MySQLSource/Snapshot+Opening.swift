internal import Dispatch
internal import Mapping

extension Snapshot {
    /// Opens all connections in one snapshot, in the first way that works.
    ///
    /// - Throws: what the server says; an error with advice where changes never paused.
    static func open(_ settings: MySQLSettings, _ policy: SnapshotPolicy) throws(MySQLError)
        -> Snapshot
    {
        var reasons: [String] = []
        if policy.connections > 1, !policy.ways.isEmpty {
            // Opened before anything is locked: the lock is then held for milliseconds.
            var connections: [MySQLConnection] = []
            for _ in 0..<policy.connections { connections.append(try MySQLConnection(settings)) }
            for way in policy.ways {
                let opening = SnapshotOpening(connections: connections, policy: policy)
                let taken = ContinuousClock.now
                do throws(SnapshotOpening.NotPossible) {
                    let method =
                        switch way {
                        case .lock: try opening.byLock()
                        case .binlogPosition: try opening.byPosition()
                        }
                    return Snapshot(connections, method: method, taken: taken, policy: policy)
                } catch {
                    switch error {
                    case .failed(let failure): throw failure
                    case .because(let reason): reasons.append(reason)
                    }
                }
            }
        } else {
            reasons.append("only one was asked for")
        }
        let connection = try MySQLConnection(settings)
        let taken = ContinuousClock.now
        try connection.startSnapshot()
        return Snapshot(
            [connection],
            method: .singleConnection(reason: reasons.joined(separator: "; ")),
            taken: taken,
            policy: policy
        )
    }
}

/// Brings connections that are open into one snapshot.
struct SnapshotOpening {
    /// Why a way does not lead there.
    enum NotPossible: Error {
        /// Another way may.
        case because(String)
        /// Nothing will.
        case failed(MySQLError)
    }

    let connections: [MySQLConnection]
    let policy: SnapshotPolicy

    // MARK: By lock

    /// FLUSH TABLES WITH READ LOCK, a snapshot on each connection, UNLOCK TABLES.
    ///
    /// The lock waits for statements that run, and whoever wants to write waits behind it: therefore
    /// only so long.
    func byLock() throws(NotPossible) -> SnapshotMethod {
        var settings = connections[0].settings
        let limit = policy.lockWaitSeconds
        // Beyond the server's own limit the connection is given up, and the wait with it.
        settings.readTimeoutSeconds = min(
            settings.readTimeoutSeconds ?? .max,
            UInt32(limit + 5)
        )
        let control: MySQLConnection
        do throws(MySQLError) {
            control = try MySQLConnection(settings, purpose: .definition)
            try control.execute(
                "SET SESSION lock_wait_timeout = \(limit)",
                operation: "limit the wait for the lock"
            )
        } catch {
            throw .failed(error)
        }
        do throws(MySQLError) {
            try control.execute(
                "FLUSH TABLES WITH READ LOCK",
                operation: "lock the tables for the snapshot"
            )
        } catch {
            if error.code == 1205 || error.isReadTimeout {
                throw .because("statements that run kept the read lock from us for \(limit) s")
            }
            if error.isConnectionLost { throw .failed(error) }
            throw .because("the account may not lock the tables: \(error.message)")
        }
        // Whatever throws from here on lets go of `control`, and the server of the lock with it.
        do throws(MySQLError) {
            for connection in connections { try connection.startSnapshot() }
            let position = try control.binlogPosition()
            try control.execute("UNLOCK TABLES", operation: "unlock the tables")
            return .lock(position)
        } catch {
            throw .failed(error)
        }
    }

    // MARK: By position

    /// Snapshots between two looks at the binary log that show the same position.
    func byPosition() throws(NotPossible) -> SnapshotMethod {
        let first = connections[0]
        let reason = try asking { () throws(MySQLError) in try first.whyLogTellsNothing() }
        if let reason { throw .because(reason) }
        for attempt in 1...policy.tries {
            if attempt > 1 { pause() }
            let position = try asking { () throws(MySQLError) in
                first.server.version.flavour == .mariadb
                    ? try ownPositions() : try positionAround()
            }
            if let position { return .binlogPosition(position) }
            try asking { () throws(MySQLError) in
                for connection in connections { try connection.endSnapshot() }
            }
        }
        throw .failed(
            MySQLError(
                code: 0,
                operation: "open a snapshot on several connections",
                subject: first.settings.serverName,
                message: "the binary log moved each of \(policy.tries) times",
                hint: """
                    Grant the account RELOAD (for FLUSH TABLES WITH READ LOCK), stop the writers for \
                    a moment, or read over one connection: --readers 1.
                    """
            )
        )
    }

    /// What `body` gives; an error of the server's ends the search for a way.
    private func asking<Result>(_ body: () throws(MySQLError) -> Result)
        throws(NotPossible) -> Result
    {
        do throws(MySQLError) {
            return try body()
        } catch {
            throw .failed(error)
        }
    }

    /// MariaDB: each snapshot knows where the log ended when it was taken.
    private func ownPositions() throws(MySQLError) -> BinlogPosition? {
        var positions: [BinlogPosition?] = []
        for connection in connections { try connection.startSnapshot() }
        for connection in connections { positions.append(try connection.snapshotPosition()) }
        return Self.common(positions)
    }

    /// MySQL: looks before and after.
    ///
    /// The position tells of a transaction a little before its rows are to be seen, and the list of
    /// executed ones a little later: hence two looks before and one after, with a pause between.
    private func positionAround() throws(MySQLError) -> BinlogPosition? {
        var positions: [BinlogPosition?] = [try connections[0].binlogPosition()]
        pause()
        positions.append(try connections[0].binlogPosition())
        guard Self.common(positions) != nil else { return nil }
        for connection in connections { try connection.startSnapshot() }
        pause()
        positions.append(try connections[0].binlogPosition())
        return Self.common(positions)
    }

    /// The position that all of them are; nil where two differ or one is missing.
    static func common(_ positions: [BinlogPosition?]) -> BinlogPosition? {
        guard let first = positions.first ?? nil else { return nil }
        return positions.allSatisfy { $0 == first } ? first : nil
    }

    private func pause() {
        _ = DispatchSemaphore(value: 0).wait(timeout: .now() + SourceLimits.positionPauseSeconds)
    }
}

extension MySQLConnection {
    /// Takes the snapshot that this connection's queries see from now on.
    func startSnapshot() throws(MySQLError) {
        try execute(
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            operation: "take a snapshot"
        )
    }

    func endSnapshot() throws(MySQLError) {
        try execute("ROLLBACK", operation: "give up a snapshot")
    }

    /// Where the binary log ends; nil where there is none, or the account may not ask.
    func binlogPosition() throws(MySQLError) -> BinlogPosition? {
        let version = server.version
        let isNew =
            version.flavour == .mysql && (version.major, version.minor) >= (8, 2)
        let rows: [[[UInt8]?]]
        do throws(MySQLError) {
            rows = try query(
                isNew ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS",
                operation: "ask for the position of the binary log"
            )
        } catch  where MySQLError.deniedCodes.contains(error.code) {
            return nil
        }
        guard let row = rows.first, row.count >= 2, let file = row[0], let offset = row[1] else {
            return nil
        }
        let gtids = row.count > 4 ? row[4] ?? [] : []
        return BinlogPosition(
            file: String(decoding: file, as: UTF8.self),
            offset: String(decoding: offset, as: UTF8.self),
            gtids: String(decoding: gtids.filter { $0 > 0x20 }, as: UTF8.self)
        )
    }

    /// MariaDB: where the binary log ended when this connection's snapshot was taken.
    func snapshotPosition() throws(MySQLError) -> BinlogPosition? {
        let rows = try query(
            "SHOW STATUS LIKE 'Binlog_snapshot_%'",
            operation: "ask for the snapshot's position"
        )
        var values: [String: String] = [:]
        for row in rows where row.count > 1 {
            values[String(decoding: row[0] ?? [], as: UTF8.self).lowercased()] = String(
                decoding: row[1] ?? [],
                as: UTF8.self
            )
        }
        guard let file = values["binlog_snapshot_file"], !file.isEmpty,
            let offset = values["binlog_snapshot_position"]
        else { return nil }
        return BinlogPosition(file: file, offset: offset)
    }

    /// Why changes may not be seen by the binary log's position; nil where they are.
    func whyLogTellsNothing() throws(MySQLError) -> String? {
        let isMariaDB = server.version.flavour == .mariadb
        let rows = try query(
            isMariaDB
                ? "SELECT @@log_bin, @@log_slave_updates"
                : "SELECT @@log_bin, @@log_replica_updates",
            operation: "ask for the binary log"
        )
        let answers = rows.first?.map { $0.map { String(decoding: $0, as: UTF8.self) } ?? "" } ?? []
        guard answers.count == 2, answers[0] == "1" else { return "the server has no binary log" }
        if answers[1] != "1" {
            let replica = try query(
                "SHOW GLOBAL STATUS LIKE 'Slaves_running'",
                operation: "ask for replication"
            )
            let running = replica.first.flatMap { $0.count > 1 ? $0[1] : nil }
            guard running.map({ String(decoding: $0, as: UTF8.self) }) == "0" else {
                return "the server does not log what it replicates"
            }
        }
        if !isMariaDB, try binlogPosition() == nil {
            return "the account may not see the position of the binary log"
        }
        return nil
    }
}
