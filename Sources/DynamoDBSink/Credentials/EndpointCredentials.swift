/// Credentials of a container: of a task (ECS) or a pod (EKS Pod Identity).
///
/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
struct ContainerCredentials {
    private static let timeout: Duration = .seconds(2)
    private static let attempts = 3
    /// Hosts that may be asked without TLS: the link-local ones of ECS and EKS, and this machine.
    private static let plainHosts = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

    var context: CredentialContext

    /// - Returns: nil where this is no such container.
    func find() throws(DynamoDBError) -> Credentials? {
        guard let url = try url() else { return nil }
        var headers: [(name: StaticString, value: [UInt8])] = [
            ("Accept", Array("application/json".utf8))
        ]
        if let token = try token() { headers.append(("Authorization", token)) }
        let request = HTTPRequest(method: .get, url: url, headers: headers, body: nil)
        var last = CredentialContext.error("the container's credential endpoint was not asked")
        for _ in 0..<Self.attempts {
            switch context.send(request, Self.timeout) {
            case .success(let response):
                if response.status == 200 { return try read(response) }
                last = CredentialContext.error(
                    "the container's credential endpoint answered with HTTP \(response.status)"
                )
                if response.status < 500 { throw last }
            case .failure(let error):
                last = CredentialContext.error(
                    "the container's credential endpoint cannot be reached: \(error.message)"
                )
            }
        }
        throw last
    }

    private func url() throws(DynamoDBError) -> String? {
        if let path = context.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard path.utf8.first == UInt8(ascii: "/"), Self.isPlain(path) else {
                throw CredentialContext.error(
                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path that begins with /"
                )
            }
            return "http://169.254.170.2\(path)"
        }
        guard let url = context.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        // The origin alone says who is asked; path and query are the endpoint's own affair.
        let authority = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard Self.isPlain(url), authority.count == 3,
            let origin = Endpoint(
                url: "\(authority[0])//\(authority[2].prefix { $0 != "/" && $0 != "?" })"
            )
        else {
            throw CredentialContext.error("AWS_CONTAINER_CREDENTIALS_FULL_URI is no http(s) URL")
        }
        guard origin.scheme == .https || origin.isLoopback || Self.plainHosts.contains(origin.host)
        else {
            throw CredentialContext.error(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI names the host \(origin.host) without TLS, "
                    + "which may be neither a container's endpoint nor this machine",
                hint: "Use https, a loopback address, 169.254.170.2, 169.254.170.23 or fd00:ec2::23"
            )
        }
        return url
    }

    /// The file is read each time: Kubernetes renews it.
    private func token() throws(DynamoDBError) -> [UInt8]? {
        var token: [UInt8]
        if let path = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            guard let bytes = try context.readFile(path) else {
                throw CredentialContext.error("the token file \(path) is not there")
            }
            token = bytes
        } else if let text = context.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
            token = Array(text.utf8)
        } else {
            return nil
        }
        while let last = token.last, last <= 0x20 { token.removeLast() }
        guard !token.isEmpty, token.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw CredentialContext.error(
                "the container's authorization token has a line end or control character in it"
            )
        }
        return token
    }

    private func read(_ response: HTTPResponse) throws(DynamoDBError) -> Credentials {
        try Credentials.read(
            response.body,
            tokenName: "Token",
            source: "the container's credential endpoint"
        )
    }

    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// Credentials of the role of an EC2 instance, by its metadata service.
///
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
struct InstanceCredentials {
    private static let tokenSeconds = "21600"
    private static let rolePath = "/latest/meta-data/iam/security-credentials/"

    var context: CredentialContext

    /// - Returns: nil where there is no metadata service, or no role.
    func find() throws(DynamoDBError) -> Credentials? {
        if context.isTrue("AWS_EC2_METADATA_DISABLED") { return nil }
        let endpoint = try endpoint()
        guard let headers = try session(endpoint) else { return nil }
        guard let answer = try get(endpoint + Self.rolePath, headers),
            let role = String(decoding: answer, as: UTF8.self).split(whereSeparator: \.isNewline)
                .first,
            role.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        guard let body = try get("\(endpoint)\(Self.rolePath)\(role)", headers) else { return nil }
        return try Credentials.read(
            body,
            tokenName: "Token",
            source: "the instance's metadata service"
        )
    }

    private var timeout: Duration {
        let seconds = context.variable("AWS_METADATA_SERVICE_TIMEOUT").flatMap(Int.init) ?? 1
        return .seconds(min(max(seconds, 1), 60))
    }

    private func endpoint() throws(DynamoDBError) -> String {
        if let url = context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
            guard Endpoint(url: url) != nil else {
                throw CredentialContext.error("AWS_EC2_METADATA_SERVICE_ENDPOINT is no http(s) URL")
            }
            return url.utf8.last == UInt8(ascii: "/") ? String(url.dropLast()) : url
        }
        let isIPv6 = context.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")?.lowercased()
        return isIPv6 == "ipv6" ? "http://[fd00:ec2::254]" : "http://169.254.169.254"
    }

    /// The headers of a session; none where only the first version of the service is there.
    ///
    /// - Returns: nil where there is no metadata service.
    private func session(
        _ endpoint: String
    ) throws(DynamoDBError) -> [(name: StaticString, value: [UInt8])]? {
        let request = HTTPRequest(
            method: .put,
            url: "\(endpoint)/latest/api/token",
            headers: [("X-aws-ec2-metadata-token-ttl-seconds", Array(Self.tokenSeconds.utf8))],
            body: nil
        )
        var isTimeout = false
        switch context.send(request, timeout) {
        case .success(let response) where response.status == 200:
            guard response.body.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            return [("X-aws-ec2-metadata-token", response.body)]
        case .success(let response):
            guard [403, 404, 405].contains(response.status) else { return nil }
        case .failure:
            isTimeout = true
        }
        // A container behind one more hop gets no token, but may reach the first version.
        if context.isTrue("AWS_EC2_METADATA_V1_DISABLED") { return nil }
        if isTimeout {
            // Nobody answers at all outside of EC2: then there is no metadata service.
            let probe = HTTPRequest(
                method: .get,
                url: endpoint + Self.rolePath,
                headers: [],
                body: nil
            )
            guard case .success = context.send(probe, timeout) else { return nil }
        }
        return []
    }

    private func get(
        _ url: String,
        _ headers: [(name: StaticString, value: [UInt8])]
    ) throws(DynamoDBError) -> [UInt8]? {
        let request = HTTPRequest(method: .get, url: url, headers: headers, body: nil)
        switch context.send(request, timeout) {
        case .success(let response): return response.status == 200 ? response.body : nil
        case .failure(let error):
            throw CredentialContext.error(
                "the instance's metadata service cannot be reached: \(error.message)"
            )
        }
    }
}
