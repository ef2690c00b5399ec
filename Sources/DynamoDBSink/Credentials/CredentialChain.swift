internal import Contract

/// Looks for credentials in the places where the AWS tools look, in their order.
///
/// Each load begins anew, so that a renewed file, role or token is seen.
///
/// Environment, a profile's role, web identity, the profile's keys, its process, the container's
/// endpoint, the instance's. Single sign-on and login sessions need the AWS CLI: it hands them out
/// through `credential_process`.
struct CredentialChain: CredentialSource {
    var context: CredentialContext
    /// Used where nothing is found: for an endpoint on this machine, which knows no keys.
    var fallback: Credentials?

    func load() throws(DynamoDBError) -> Credentials {
        let profiles = try context.profiles()
        if let found = try EnvironmentCredentials(context: context).find() { return found }
        let profile = ProfileCredentials(context: context, profiles: profiles)
        if let found = try profile.find(context.profile) { return found }
        if context.isProfileExplicit || context.variable("AWS_PROFILE") != nil {
            throw noKeys(profiles)
        }
        if let found = try ContainerCredentials(context: context).find() { return found }
        if let fallback { return fallback }
        if let found = try InstanceCredentials(context: context).find() { return found }
        throw CredentialContext.error(
            "there are none in the environment, the profile \(context.profile), the container or "
                + "the instance",
            hint:
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile"
        )
    }

    private func noKeys(_ profiles: ProfileFile) -> DynamoDBError {
        guard let section = profiles.profiles[context.profile] else {
            return CredentialContext.error(
                "there is no profile \(context.profile) in the AWS configuration files",
                hint: "Check AWS_PROFILE or --profile"
            )
        }
        if section.keys.contains(where: { $0.utf8.starts(with: "sso_".utf8) }) {
            return CredentialContext.error(
                "the profile \(context.profile) signs in with single sign-on, which only the AWS "
                    + "CLI can",
                hint: "Run `eval $(aws configure export-credentials --profile \(context.profile) "
                    + "--format env)`, or let another profile's credential_process call it"
            )
        }
        return CredentialContext.error(
            "the profile \(context.profile) has no keys, role or credential_process",
            hint: "Check the profile, or use another one"
        )
    }
}

/// `AWS_ACCESS_KEY_ID` and its company.
struct EnvironmentCredentials {
    var context: CredentialContext

    func find() throws(DynamoDBError) -> Credentials? {
        if context.isProfileExplicit { return nil }
        guard let accessKeyID = context.variable("AWS_ACCESS_KEY_ID") else { return nil }
        guard let secret = context.variable("AWS_SECRET_ACCESS_KEY") else {
            throw CredentialContext.error(
                "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not",
                hint: "Set both or none"
            )
        }
        return try Credentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secret,
            sessionToken: context.variable("AWS_SESSION_TOKEN")
        ).checked(source: "the environment")
    }
}

extension Credentials {
    /// The credentials, if they can stand in a header: visible ASCII and nothing else.
    func checked(source: String) throws(DynamoDBError) -> Credentials {
        for text in [accessKeyID, secretAccessKey, sessionToken ?? "-"] {
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw CredentialContext.error(
                    "a key or token from \(source) is empty or has a character that no key has",
                    hint: "Look for spaces, quotes and line ends around the keys"
                )
            }
        }
        return self
    }

    /// Reads the JSON that containers, instances and processes answer with.
    ///
    /// `tokenName`: what the session token is called there.
    static func read(
        _ body: [UInt8],
        tokenName: String,
        source: String
    ) throws(DynamoDBError) -> Credentials {
        guard let document = try? JSONParser.parse(body, bytesMax: 1 << 20),
            let accessKeyID = document["AccessKeyId"]?.string,
            let secret = document["SecretAccessKey"]?.string
        else {
            throw CredentialContext.error(
                "the answer of \(source) has no AccessKeyId and SecretAccessKey"
            )
        }
        var expiry: Int?
        if let text = document["Expiration"]?.string {
            guard let seconds = CalendarTime.seconds(iso8601: text) else {
                throw CredentialContext.error(
                    "the answer of \(source) has an Expiration that is no ISO 8601 time in UTC"
                )
            }
            expiry = seconds
        }
        return try Credentials(
            accessKeyID: accessKeyID,
            secretAccessKey: secret,
            sessionToken: document[tokenName]?.string,
            expiry: expiry
        ).checked(source: source)
    }
}
