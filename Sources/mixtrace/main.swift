import Glibc
import MixtraceCommands

exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
