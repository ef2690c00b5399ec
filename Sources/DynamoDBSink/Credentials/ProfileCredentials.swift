internal import Contract

/// Credentials of a profile: an assumed role, web identity, keys, or a process.
struct ProfileCredentials {
    var context: CredentialContext
    var profiles: ProfileFile

    /// The credentials of the profile, of web identity in the environment, or nil.
    func find(_ name: String) throws(DynamoDBError) -> Credentials? {
        try find(name, visited: [])
    }

    private func find(_ name: String, visited: [String]) throws(DynamoDBError) -> Credentials? {
        if let found = try role(name, visited: visited) { return found }
        if let found = try webIdentity(name) { return found }
        return try keys(name)
    }

    private func role(_ name: String, visited: [String]) throws(DynamoDBError) -> Credentials? {
        guard let section = profiles.profiles[name], let role = section["role_arn"],
            section["web_identity_token_file"] == nil
        else { return nil }
        if section["mfa_serial"] != nil {
            throw CredentialContext.error(
                "the role of profile \(name) asks for a code of a second factor",
                hint: "Assume the role with the AWS CLI and set AWS_ACCESS_KEY_ID, "
                    + "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN"
            )
        }
        let base = try source(of: name, section, visited: visited + [name])
        let session = section["role_session_name"] ?? "unglue"
        var parameters = [("RoleArn", role), ("RoleSessionName", session)]
        if let externalID = section["external_id"] { parameters.append(("ExternalId", externalID)) }
        if let duration = section["duration_seconds"] {
            parameters.append(("DurationSeconds", duration))
        }
        let token = SecurityTokenService(context: context)
        return try token.call("AssumeRole", parameters, signedWith: base)
    }

    /// The credentials with which the role of profile `name` is assumed.
    private func source(
        of name: String,
        _ section: ProfileFile.Section,
        visited: [String]
    ) throws(DynamoDBError) -> Credentials {
        let found: Credentials?
        if let source = section["source_profile"] {
            guard profiles.profiles[source] != nil else {
                throw CredentialContext.error(
                    "the profile \(name) takes its source from the profile \(source), which is not "
                        + "there"
                )
            }
            // A profile may be its own source, by keys of its own.
            if visited.contains(source) {
                guard source == name else {
                    throw CredentialContext.error(
                        "the source profiles of \(visited[0]) go in a circle"
                    )
                }
                found = try keys(source)
            } else {
                found = try find(source, visited: visited)
            }
        } else {
            switch section["credential_source"] {
            case "Environment":
                var context = context
                context.isProfileExplicit = false
                found = try EnvironmentCredentials(context: context).find()
            case "EcsContainer": found = try ContainerCredentials(context: context).find()
            case "Ec2InstanceMetadata": found = try InstanceCredentials(context: context).find()
            default:
                throw CredentialContext.error(
                    "the profile \(name) has a role_arn, but neither source_profile nor a "
                        + "credential_source that is Environment, EcsContainer or "
                        + "Ec2InstanceMetadata"
                )
            }
        }
        guard let found else {
            throw CredentialContext.error(
                "there are no credentials to assume the role of profile \(name) with"
            )
        }
        return found
    }

    private func webIdentity(_ name: String) throws(DynamoDBError) -> Credentials? {
        let section = profiles.profiles[name] ?? [:]
        let useEnvironment = !context.isProfileExplicit
        let file =
            (useEnvironment ? context.variable("AWS_WEB_IDENTITY_TOKEN_FILE") : nil)
            ?? section["web_identity_token_file"]
        guard let file else { return nil }
        let role =
            (useEnvironment ? context.variable("AWS_ROLE_ARN") : nil) ?? section["role_arn"]
        guard let role else {
            throw CredentialContext.error(
                "there is a web identity token file, but no role to assume with it",
                hint: "Set AWS_ROLE_ARN"
            )
        }
        guard let token = try context.readFile(file) else {
            throw CredentialContext.error("the web identity token file \(file) is not there")
        }
        let session =
            context.variable("AWS_ROLE_SESSION_NAME") ?? section["role_session_name"] ?? "unglue"
        let text = String(decoding: token, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return try SecurityTokenService(context: context).call(
            "AssumeRoleWithWebIdentity",
            [
                ("RoleArn", role), ("RoleSessionName", session),
                ("WebIdentityToken", String(text.first ?? "")),
            ],
            signedWith: nil
        )
    }

    private func keys(_ name: String) throws(DynamoDBError) -> Credentials? {
        guard let section = profiles.profiles[name] else { return nil }
        if let accessKeyID = section["aws_access_key_id"] {
            guard let secret = section["aws_secret_access_key"] else {
                throw CredentialContext.error(
                    "the profile \(name) has an aws_access_key_id but no aws_secret_access_key"
                )
            }
            return try Credentials(
                accessKeyID: accessKeyID,
                secretAccessKey: secret,
                sessionToken: section["aws_session_token"]
            ).checked(source: "the profile \(name)")
        }
        guard let command = section["credential_process"] else { return nil }
        let arguments = CommandLineWords.split(command)
        guard !arguments.isEmpty else {
            throw CredentialContext.error(
                "the credential_process of profile \(name) is empty or has an open quote"
            )
        }
        return try Credentials.read(
            context.run(arguments),
            tokenName: "SessionToken",
            source: "the credential_process of profile \(name)"
        )
    }
}

/// Cuts a command into its words, as a shell would, without expanding anything.
enum CommandLineWords {
    /// The words; empty where a quote is left open.
    static func split(_ command: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in command {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if character == "\\", quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else {
                    word = (word ?? "") + String(character)
                }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { words.append(word) }
        return quote == nil && !isEscaped ? words : []
    }
}
