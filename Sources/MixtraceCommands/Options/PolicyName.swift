internal import ArgumentParser

/// The words of `--policy`.
enum PolicyName: String, CaseIterable, ExpressibleByArgument {
  case always, never, threshold, hysteresis, predicted
  case predictedRecalibrated = "predicted-recalibrated"
}
