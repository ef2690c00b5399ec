/// The shells that completions are made for.
enum Shell: String, Sendable, CaseIterable {
    case bash
    case zsh
    case fish
}

/// Completion scripts, made of the tables of commands and flags.
enum Completions {
    static func script(for shell: Shell) -> String {
        switch shell {
        case .bash: bash
        case .zsh: zsh
        case .fish: fish
        }
    }

    /// Every way to write a flag of a command.
    private static func words(of flag: Flag) -> [String] {
        var words = ["--\(flag.shownName)"]
        if let short = flag.short { words.append("-\(short)") }
        return words
    }

    // MARK: - bash

    private static var bash: String {
        var text = """
            # bash completion for unglue: source <(unglue completions bash)
            _unglue() {
                local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                local command="" word
                # bash splits --name=value into three words.
                if [[ $current == "=" ]]; then current=""; fi
                if [[ $previous == "=" ]]; then previous="${COMP_WORDS[COMP_CWORD-2]}"; fi
                for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
                    case "$word" in
                        \(Command.allCases.map(\.rawValue).joined(separator: "|"))) \
            command="$word"; break ;;
                    esac
                done
                COMPREPLY=()
                case "$previous" in

            """
        for flag in Flag.all where flag.placeholder != nil {
            let names = words(of: flag).joined(separator: "|")
            let reply: String
            if !flag.choices.isEmpty {
                reply = generated("-W \"\(flag.choices.joined(separator: " "))\"") + "; "
            } else {
                switch flag.completion {
                case .file: reply = generated("-f") + "; "
                case .directory: reply = generated("-d") + "; "
                case .nothing: reply = ""
                }
            }
            text += "        \(names)) \(reply)return ;;\n"
        }
        text += "    esac\n    local flags=\"\" operands=\"\"\n    case \"$command\" in\n"
        for command in Command.allCases {
            let flags = Flag.flags(of: command).flatMap(words).joined(separator: " ")
            let operands =
                switch command.definition.operand {
                case .choice(_, let values, _):
                    " operands=\"\(values.joined(separator: " "))\""
                // A word that the shell does not know, and no file.
                case .name, .requiredName: " operands=\" \""
                case .none, .contract: ""
                }
            text += "        \(command.rawValue)) flags=\"\(flags)\"\(operands) ;;\n"
        }
        let commands = Command.allCases.map(\.rawValue).joined(separator: " ")
        return text + """
                    *) flags="--help --version" operands="\(commands)" ;;
                esac
                if [[ $current == -* ]]; then
                    \(generated("-W \"$flags\""))
                elif [[ -n $operands ]]; then
                    \(generated("-W \"$operands\""))
                else
                    \(generated("-f"))
                fi
            }
            complete -o filenames -F _unglue unglue

            """
    }

    private static func generated(_ action: String) -> String {
        "mapfile -t COMPREPLY < <(compgen \(action) -- \"$current\")"
    }

    // MARK: - zsh

    private static var zsh: String {
        var text = """
            #compdef unglue
            # zsh completion for unglue: unglue completions zsh > "${fpath[1]}/_unglue"
            _unglue() {
                local context state state_descr line
                local -A opt_args
                local -a commands
                commands=(

            """
        for command in Command.allCases {
            let summary = command.definition.summary
            text += "        '\(command.rawValue):\(quoted(summary))'\n"
        }
        text += """
                )
                _arguments -C \\
                    '(- *)'{-h,--help}'[Print this help]' \\
                    '(- *)'{-V,--version}'[Print the version]' \\
                    '1:command:->command' '*::argument:->argument'
                case $state in
                    command) _describe -t commands command commands ;;
                    argument)
                        case $line[1] in

            """
        for command in Command.allCases {
            var arguments = Flag.flags(of: command).map(specification)
            switch command.definition.operand {
            case .none: break
            case .contract: arguments.append("'*:contract:_files'")
            case .name(let name), .requiredName(let name):
                arguments.append("'1:\(name):'")
            case .choice(let name, let values, _):
                arguments.append("'1:\(name):(\(values.joined(separator: " ")))'")
            }
            text += "                \(command.rawValue)) _arguments \\\n"
            text += arguments.map { "                    \($0)" }.joined(separator: " \\\n")
            text += " ;;\n"
        }
        return text + """
                        esac ;;
                esac
            }
            if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
                _unglue "$@"
            else
                compdef _unglue unglue
            fi

            """
    }

    /// One specification of `_arguments`, with both forms of the flag's name.
    private static func specification(_ flag: Flag) -> String {
        let equals = flag.placeholder == nil ? "" : "="
        var text = "'--\(flag.shownName)\(equals)"
        if let short = flag.short {
            let plus = flag.placeholder == nil ? "" : "+"
            text =
                "'(-\(short) --\(flag.shownName))'"
                + "{-\(short)\(plus),--\(flag.shownName)\(equals)}'"
        }
        text += "[\(quoted(flag.summary))]"
        if let placeholder = flag.placeholder {
            let action: String
            if !flag.choices.isEmpty {
                action = "(\(flag.choices.joined(separator: " ")))"
            } else {
                switch flag.completion {
                case .file: action = "_files"
                case .directory: action = "_directories"
                case .nothing: action = " "
                }
            }
            text += ":\(quoted(placeholder)):\(action)"
        }
        return text + "'"
    }

    /// For a zsh specification between single quotes.
    private static func quoted(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "'": result += "'\\''"
            case "[", "]", ":", "\\": result += "\\\(character)"
            default: result.append(character)
            }
        }
        return result
    }

    // MARK: - fish

    private static var fish: String {
        let commands = Command.allCases.map(\.rawValue).joined(separator: " ")
        var text = """
            # fish completion for unglue: \
            unglue completions fish > ~/.config/fish/completions/unglue.fish
            complete -c unglue -f

            """
        for command in Command.allCases {
            text += "complete -c unglue -n 'not __fish_seen_subcommand_from \(commands)'"
            text += " -a \(command.rawValue) -d '\(fishQuoted(command.definition.summary))'\n"
        }
        for command in Command.allCases {
            let condition = "-n '__fish_seen_subcommand_from \(command.rawValue)'"
            switch command.definition.operand {
            case .none, .name, .requiredName: break
            case .contract: text += "complete -c unglue \(condition) -F\n"
            case .choice(_, let values, _):
                text += "complete -c unglue \(condition) -a '\(values.joined(separator: " "))'\n"
            }
        }
        for flag in Flag.all {
            let users = Command.allCases.filter { flag.commands.contains($0) }
            var line = "complete -c unglue"
            if users.count < Command.allCases.count {
                let names = users.map(\.rawValue).joined(separator: " ")
                line += " -n '__fish_seen_subcommand_from \(names)'"
            }
            line += " -l \(flag.shownName)"
            if let short = flag.short { line += " -s \(short)" }
            if !flag.choices.isEmpty {
                line += " -x -a '\(flag.choices.joined(separator: " "))'"
            } else if flag.placeholder != nil {
                switch flag.completion {
                case .file: line += " -r -F"
                case .directory: line += " -x -a '(__fish_complete_directories)'"
                case .nothing: line += " -x"
                }
            }
            text += "\(line) -d '\(fishQuoted(flag.summary))'\n"
        }
        return text
    }

    private static func fishQuoted(_ text: String) -> String {
        var result = ""
        for character in text {
            if character == "'" || character == "\\" { result += "\\" }
            result.append(character)
        }
        return result
    }
}

extension Flag {
    /// What its value is completed with.
    fileprivate var completion: Completion {
        if case .text(_, let completion, _) = kind { return completion }
        return .nothing
    }
}
