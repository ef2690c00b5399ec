import Glibc

@main
enum Main {
    static func main() {
        exit(
            Application.run(
                arguments: Array(CommandLine.arguments.dropFirst()),
                environment: ProcessEnvironment.read()
            ).rawValue
        )
    }
}
