internal import ArgumentParser

/// The words of `--cost`.
enum CostModel: String, CaseIterable, ExpressibleByArgument {
  case built
  case mixnetPaper = "mixnet-paper"
}
