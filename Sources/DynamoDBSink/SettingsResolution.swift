internal import Glibc

extension DynamoDBSettings {
    /// What the user said on the command line; nil where nothing was said.
    public struct Options: Sendable, Equatable {
        public var region: String?
        public var profile: String?
        public var endpointURL: String?

        public init(region: String? = nil, profile: String? = nil, endpointURL: String? = nil) {
            self.region = region
            self.profile = profile
            self.endpointURL = endpointURL
        }
    }

    /// Resolves options, environment and the AWS configuration files to settings, in the order of
    /// the AWS tools.
    ///
    /// Nothing is asked over the network yet.
    ///
    /// Region: option, `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile. Endpoint: option,
    /// `AWS_ENDPOINT_URL_DYNAMODB`, the profile's `services`, `AWS_ENDPOINT_URL`, the profile, the
    /// region's own.
    public static func resolve(
        _ options: Options,
        environment: [String: String]
    ) throws(DynamoDBError) -> DynamoDBSettings {
        try resolve(options, context: context(options, environment))
    }

    static func resolve(
        _ options: Options,
        context: CredentialContext
    ) throws(DynamoDBError) -> DynamoDBSettings {
        let profiles = try context.profiles()
        let profile = profiles.profiles[context.profile] ?? [:]
        let configured = try endpoint(options, context, profiles)
        let region =
            options.region ?? context.variable("AWS_REGION")
            ?? context.variable("AWS_DEFAULT_REGION") ?? profile["region"]
            // An endpoint of one's own needs a region for the signature only.
            ?? (configured == nil ? nil : "us-east-1")
        guard let region else {
            throw error(
                "no region is set",
                hint: "Give --region, or set AWS_REGION or the region of the profile"
            )
        }
        guard region.utf8.allSatisfy({ isRegionByte($0) }), !region.isEmpty else {
            throw error("\(region) is no region's name", hint: "A region is like eu-central-1")
        }
        var context = context
        context.region = region
        let standard =
            region == "local"
            ? Endpoint(url: "http://localhost:8000")
            : Endpoint.service("dynamodb", region: region)
        guard let endpoint = configured ?? standard else {
            throw error("there is no endpoint for the region \(region)")
        }
        let chain = CredentialChain(
            context: context,
            fallback: endpoint.isLoopback ? .local : nil
        )
        var settings = DynamoDBSettings(
            endpoint: endpoint,
            region: region,
            credentialSource: chain
        )
        settings.setNetwork(context, profile)
        return settings
    }

    private static func endpoint(
        _ options: Options,
        _ context: CredentialContext,
        _ profiles: ProfileFile
    ) throws(DynamoDBError) -> Endpoint? {
        let profile = profiles.profiles[context.profile] ?? [:]
        let isIgnored =
            context.isTrue("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            || profile["ignore_configured_endpoint_urls"]?.lowercased() == "true"
        var places: [(place: String, url: String?)] = [("--endpoint-url", options.endpointURL)]
        if !isIgnored {
            let service = profile["services"].flatMap { profiles.services[$0] }
            places += [
                ("AWS_ENDPOINT_URL_DYNAMODB", context.variable("AWS_ENDPOINT_URL_DYNAMODB")),
                ("the services of the profile", service?["dynamodb.endpoint_url"]),
                ("AWS_ENDPOINT_URL", context.variable("AWS_ENDPOINT_URL")),
                ("the endpoint_url of the profile", profile["endpoint_url"]),
            ]
        }
        guard let (place, url) = places.first(where: { $0.url != nil }), let url else { return nil }
        guard let endpoint = Endpoint(url: url) else {
            throw error(
                "\(place) is no URL of an endpoint",
                hint: "Write it like http://127.0.0.1:8000, without user, query or fragment"
            )
        }
        return endpoint
    }

    /// Proxy and certificates by the variables that the AWS tools and libcurl know.
    private mutating func setNetwork(_ context: CredentialContext, _ profile: ProfileFile.Section) {
        certificateFile = context.variable("AWS_CA_BUNDLE") ?? profile["ca_bundle"]
        noProxy = context.variable("no_proxy") ?? context.variable("NO_PROXY")
        switch endpoint.scheme {
        // Not HTTP_PROXY: a web server may set it from a request's header.
        case .http: proxy = context.variable("http_proxy")
        case .https: proxy = context.variable("https_proxy") ?? context.variable("HTTPS_PROXY")
        }
    }

    private static func context(
        _ options: Options,
        _ environment: [String: String]
    ) -> CredentialContext {
        let named = environment["AWS_PROFILE"].flatMap { $0.isEmpty ? nil : $0 }
        return CredentialContext(
            environment: environment,
            profile: options.profile ?? named ?? "default",
            isProfileExplicit: options.profile != nil,
            region: "us-east-1",
            readFile: { path throws(DynamoDBError) in try SmallFile.read(path) },
            send: { request, timeout in
                let handle = EasyHandle(
                    settings: TransportSettings(
                        connectTimeout: timeout,
                        requestTimeout: timeout,
                        responseBytesMax: 1 << 20
                    )
                )
                return Result { () throws(TransportFailure) in try handle.perform(request) }
            },
            run: { arguments throws(DynamoDBError) in
                try ChildProcess.output(arguments, environment: environment)
            },
            clock: { time(nil) }
        )
    }

    private static func isRegionByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || byte == UInt8(ascii: "-")
    }

    private static func error(_ message: String, hint: String? = nil) -> DynamoDBError {
        DynamoDBError(
            code: "Settings",
            operation: "Finding DynamoDB",
            message: message,
            hint: hint
        )
    }
}

extension Credentials {
    /// For an emulator on this machine, which checks no keys.
    ///
    /// DynamoDB Local takes letters and digits only.
    static let local = Credentials(accessKeyID: "local", secretAccessKey: "local")
}
