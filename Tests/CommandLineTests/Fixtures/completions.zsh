#compdef unglue
# zsh completion for unglue: unglue completions zsh > "${fpath[1]}/_unglue"
_unglue() {
    local context state state_descr line
    local -A opt_args
    local -a commands
    commands=(
        'check:Check the contract, both connections, permissions and how they fit; change nothing'
        'views:Print the SQL of the contract'\''s MySQL views, create them or drop them'
        'tables:Print the CreateTable requests of the contract, create the tables or delete them'
        'preview:Print the first items of each table as DynamoDB JSON, one a line'
        'run:Migrate\: read every row, write every item, account for each'
        'verify:Compare every item of the tables with every row; mend what differs if asked'
        'retry:Map and send the rejected rows of a run again, after their cause is mended'
        'status:List runs and their tables\: ready, running, succeeded, partial, failed, interrupted'
        'completions:Print a completion script for a shell'
        'man:Print the manual page'
        'help:Print the help of a command'
        'version:Print the version'
    )
    _arguments -C \
        '(- *)'{-h,--help}'[Print this help]' \
        '(- *)'{-V,--version}'[Print the version]' \
        '1:command:->command' '*::argument:->argument'
    case $state in
        command) _describe -t commands command commands ;;
        argument)
            case $line[1] in
                check) _arguments \
                    '--tables=[Only these tables of the contract]:NAME,…: ' \
                    '--inline[Read through inline SELECTs instead of views]' \
                    '--mysql=[The server and database\: mysql\://USER@HOST\:PORT/DATABASE]:URL: ' \
                    '--mysql-password-file=[A file that holds the password, and nothing else]:FILE:_files' \
                    '--mysql-option-file=[A MySQL option file, whose \[client\] section gives what the URL leaves out]:FILE:_files' \
                    '--endpoint-url=[The DynamoDB endpoint, such as http\://127.0.0.1\:8000]:URL: ' \
                    '--region=[The AWS region]:REGION: ' \
                    '--profile=[The profile of the AWS configuration files]:NAME: ' \
                    '--table-prefix=[Put before the name of every DynamoDB table]:PREFIX: ' \
                    '--config=[A JSON file with settings; flags and environment override it]:FILE:_files' \
                    '(-o --output)'{-o+,--output=}'[How the result is printed on standard output]:text|json:(text json)' \
                    '--log=[How messages are printed on standard error]:text|json:(text json)' \
                    '(-q --quiet)'{-q,--quiet}'[Only errors on standard error, and no progress]' \
                    '(-v --verbose)'{-v,--verbose}'[Say more on standard error]' \
                    '--color=[Colour\: auto, always or never]:WHEN:(auto always never)' \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '*:contract:_files' ;;
                views) _arguments \
                    '--tables=[Only these tables of the contract]:NAME,…: ' \
                    '--apply[Create the views, or replace them]' \
                    '--drop[Drop the contract'\''s views where they exist]' \
                    '--mysql=[The server and database\: mysql\://USER@HOST\:PORT/DATABASE]:URL: ' \
                    '--mysql-password-file=[A file that holds the password, and nothing else]:FILE:_files' \
                    '--mysql-option-file=[A MySQL option file, whose \[client\] section gives what the URL leaves out]:FILE:_files' \
                    '--endpoint-url=[The DynamoDB endpoint, such as http\://127.0.0.1\:8000]:URL: ' \
                    '--region=[The AWS region]:REGION: ' \
                    '--profile=[The profile of the AWS configuration files]:NAME: ' \
                    '--table-prefix=[Put before the name of every DynamoDB table]:PREFIX: ' \
                    '--config=[A JSON file with settings; flags and environment override it]:FILE:_files' \
                    '(-o --output)'{-o+,--output=}'[How the result is printed on standard output]:text|json:(text json)' \
                    '--log=[How messages are printed on standard error]:text|json:(text json)' \
                    '(-q --quiet)'{-q,--quiet}'[Only errors on standard error, and no progress]' \
                    '(-v --verbose)'{-v,--verbose}'[Say more on standard error]' \
                    '--color=[Colour\: auto, always or never]:WHEN:(auto always never)' \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '*:contract:_files' ;;
                tables) _arguments \
                    '--tables=[Only these tables of the contract]:NAME,…: ' \
                    '--create[Create the tables that do not exist]' \
                    '--delete[Delete the tables with all their items]' \
                    '(-y --yes)'{-y,--yes}'[Delete without asking]' \
                    '--no-wait[Do not wait until the tables are active, or gone]' \
                    '--mysql=[The server and database\: mysql\://USER@HOST\:PORT/DATABASE]:URL: ' \
                    '--mysql-password-file=[A file that holds the password, and nothing else]:FILE:_files' \
                    '--mysql-option-file=[A MySQL option file, whose \[client\] section gives what the URL leaves out]:FILE:_files' \
                    '--endpoint-url=[The DynamoDB endpoint, such as http\://127.0.0.1\:8000]:URL: ' \
                    '--region=[The AWS region]:REGION: ' \
                    '--profile=[The profile of the AWS configuration files]:NAME: ' \
                    '--table-prefix=[Put before the name of every DynamoDB table]:PREFIX: ' \
                    '--config=[A JSON file with settings; flags and environment override it]:FILE:_files' \
                    '(-o --output)'{-o+,--output=}'[How the result is printed on standard output]:text|json:(text json)' \
                    '--log=[How messages are printed on standard error]:text|json:(text json)' \
                    '(-q --quiet)'{-q,--quiet}'[Only errors on standard error, and no progress]' \
                    '(-v --verbose)'{-v,--verbose}'[Say more on standard error]' \
                    '--color=[Colour\: auto, always or never]:WHEN:(auto always never)' \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '*:contract:_files' ;;
                preview) _arguments \
                    '--tables=[Only these tables of the contract]:NAME,…: ' \
                    '(-n --limit)'{-n+,--limit=}'[How many\: rows of each entity to preview, or runs to list]:N: ' \
                    '--mysql=[The server and database\: mysql\://USER@HOST\:PORT/DATABASE]:URL: ' \
                    '--mysql-password-file=[A file that holds the password, and nothing else]:FILE:_files' \
                    '--mysql-option-file=[A MySQL option file, whose \[client\] section gives what the URL leaves out]:FILE:_files' \
                    '--endpoint-url=[The DynamoDB endpoint, such as http\://127.0.0.1\:8000]:URL: ' \
                    '--region=[The AWS region]:REGION: ' \
                    '--profile=[The profile of the AWS configuration files]:NAME: ' \
                    '--table-prefix=[Put before the name of every DynamoDB table]:PREFIX: ' \
                    '--config=[A JSON file with settings; flags and environment override it]:FILE:_files' \
                    '--log=[How messages are printed on standard error]:text|json:(text json)' \
                    '(-q --quiet)'{-q,--quiet}'[Only errors on standard error, and no progress]' \
                    '(-v --verbose)'{-v,--verbose}'[Say more on standard error]' \
                    '--color=[Colour\: auto, always or never]:WHEN:(auto always never)' \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '*:contract:_files' ;;
                run) _arguments \
                    '--tables=[Only these tables of the contract]:NAME,…: ' \
                    '--setup[Create or replace the views, and create missing tables, before the run]' \
                    '--inline[Read through inline SELECTs instead of views]' \
                    '--consistency=[What the rows of a run are of\: chunk or snapshot]:KIND:(chunk snapshot)' \
                    '--snapshot-age=[End a run whose snapshot is older]:DURATION: ' \
                    '--fresh[Begin anew, even where a run of the contract is unfinished]' \
                    '--readers=[MySQL connections that read at once]:N: ' \
                    '--workers=[Threads that turn rows into items]:N: ' \
                    '--in-flight=[The most write requests to DynamoDB that are under way at once]:N: ' \
                    '--max-write-units=[The most write units that a table may see in any second, its indexes included]:N: ' \
                    '--mode=[What becomes of an item that the table has already]:replace|if-absent|newer:(replace if-absent newer)' \
                    '--chunk-rows=[Rows of a chunk]:N: ' \
                    '--retry-for=[Give up when a table'\''s writes, or connections, have failed for so long on end]:DURATION: ' \
                    '--mysql=[The server and database\: mysql\://USER@HOST\:PORT/DATABASE]:URL: ' \
                    '--mysql-password-file=[A file that holds the password, and nothing else]:FILE:_files' \
                    '--mysql-option-file=[A MySQL option file, whose \[client\] section gives what the URL leaves out]:FILE:_files' \
                    '--endpoint-url=[The DynamoDB endpoint, such as http\://127.0.0.1\:8000]:URL: ' \
                    '--region=[The AWS region]:REGION: ' \
                    '--profile=[The profile of the AWS configuration files]:NAME: ' \
                    '--table-prefix=[Put before the name of every DynamoDB table]:PREFIX: ' \
                    '--config=[A JSON file with settings; flags and environment override it]:FILE:_files' \
                    '--state=[Where runs keep their ledger and their files, such as dead letters]:DIRECTORY:_directories' \
                    '(-o --output)'{-o+,--output=}'[How the result is printed on standard output]:text|json:(text json)' \
                    '--log=[How messages are printed on standard error]:text|json:(text json)' \
                    '(-q --quiet)'{-q,--quiet}'[Only errors on standard error, and no progress]' \
                    '(-v --verbose)'{-v,--verbose}'[Say more on standard error]' \
                    '--no-progress[Show no progress]' \
                    '--color=[Colour\: auto, always or never]:WHEN:(auto always never)' \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '*:contract:_files' ;;
                verify) _arguments \
                    '--tables=[Only these tables of the contract]:NAME,…: ' \
                    '--inline[Read through inline SELECTs instead of views]' \
                    '--readers=[MySQL connections that read at once]:N: ' \
                    '--chunk-rows=[Rows of a chunk]:N: ' \
                    '--retry-for=[Give up when a table'\''s writes, or connections, have failed for so long on end]:DURATION: ' \
                    '--sample=[Compare about N rows of each table instead of all]:N: ' \
                    '--seed=[Take the same sample as the verification that named this seed]:N: ' \
                    '--consistent[Scan with consistent reads, which cost twice the read units]' \
                    '--segments=[Parts in which a table is scanned at once]:N: ' \
                    '--read-units=[Consume no more read units a second of a table]:N: ' \
                    '--examples=[Differences to name, a table]:N: ' \
                    '--repair[Put the items that are missing or different]' \
                    '--delete-extra[Delete the items that no row makes]' \
                    '--mysql=[The server and database\: mysql\://USER@HOST\:PORT/DATABASE]:URL: ' \
                    '--mysql-password-file=[A file that holds the password, and nothing else]:FILE:_files' \
                    '--mysql-option-file=[A MySQL option file, whose \[client\] section gives what the URL leaves out]:FILE:_files' \
                    '--endpoint-url=[The DynamoDB endpoint, such as http\://127.0.0.1\:8000]:URL: ' \
                    '--region=[The AWS region]:REGION: ' \
                    '--profile=[The profile of the AWS configuration files]:NAME: ' \
                    '--table-prefix=[Put before the name of every DynamoDB table]:PREFIX: ' \
                    '--config=[A JSON file with settings; flags and environment override it]:FILE:_files' \
                    '--state=[Where runs keep their ledger and their files, such as dead letters]:DIRECTORY:_directories' \
                    '(-o --output)'{-o+,--output=}'[How the result is printed on standard output]:text|json:(text json)' \
                    '--log=[How messages are printed on standard error]:text|json:(text json)' \
                    '(-q --quiet)'{-q,--quiet}'[Only errors on standard error, and no progress]' \
                    '(-v --verbose)'{-v,--verbose}'[Say more on standard error]' \
                    '--no-progress[Show no progress]' \
                    '--color=[Colour\: auto, always or never]:WHEN:(auto always never)' \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '*:contract:_files' ;;
                retry) _arguments \
                    '--inline[Read through inline SELECTs instead of views]' \
                    '--in-flight=[The most write requests to DynamoDB that are under way at once]:N: ' \
                    '--max-write-units=[The most write units that a table may see in any second, its indexes included]:N: ' \
                    '--mode=[What becomes of an item that the table has already]:replace|if-absent|newer:(replace if-absent newer)' \
                    '--retry-for=[Give up when a table'\''s writes, or connections, have failed for so long on end]:DURATION: ' \
                    '--contract=[A mended contract to map the rows by]:FILE:_files' \
                    '--mysql=[The server and database\: mysql\://USER@HOST\:PORT/DATABASE]:URL: ' \
                    '--mysql-password-file=[A file that holds the password, and nothing else]:FILE:_files' \
                    '--mysql-option-file=[A MySQL option file, whose \[client\] section gives what the URL leaves out]:FILE:_files' \
                    '--endpoint-url=[The DynamoDB endpoint, such as http\://127.0.0.1\:8000]:URL: ' \
                    '--region=[The AWS region]:REGION: ' \
                    '--profile=[The profile of the AWS configuration files]:NAME: ' \
                    '--table-prefix=[Put before the name of every DynamoDB table]:PREFIX: ' \
                    '--config=[A JSON file with settings; flags and environment override it]:FILE:_files' \
                    '--state=[Where runs keep their ledger and their files, such as dead letters]:DIRECTORY:_directories' \
                    '(-o --output)'{-o+,--output=}'[How the result is printed on standard output]:text|json:(text json)' \
                    '--log=[How messages are printed on standard error]:text|json:(text json)' \
                    '(-q --quiet)'{-q,--quiet}'[Only errors on standard error, and no progress]' \
                    '(-v --verbose)'{-v,--verbose}'[Say more on standard error]' \
                    '--color=[Colour\: auto, always or never]:WHEN:(auto always never)' \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '1:RUN:' ;;
                status) _arguments \
                    '(-n --limit)'{-n+,--limit=}'[How many\: rows of each entity to preview, or runs to list]:N: ' \
                    '--state=[Where runs keep their ledger and their files, such as dead letters]:DIRECTORY:_directories' \
                    '(-o --output)'{-o+,--output=}'[How the result is printed on standard output]:text|json:(text json)' \
                    '--log=[How messages are printed on standard error]:text|json:(text json)' \
                    '--color=[Colour\: auto, always or never]:WHEN:(auto always never)' \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '1:RUN:' ;;
                completions) _arguments \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '1:SHELL:(bash zsh fish)' ;;
                man) _arguments \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' ;;
                help) _arguments \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' \
                    '1:COMMAND:(check views tables preview run verify retry status completions man help version)' ;;
                version) _arguments \
                    '(-h --help)'{-h,--help}'[Print this help]' \
                    '(-V --version)'{-V,--version}'[Print the version]' ;;
            esac ;;
    esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _unglue "$@"
else
    compdef _unglue unglue
fi
