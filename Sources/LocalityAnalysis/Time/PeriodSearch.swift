/// The mean similarity at one distance in time and its standard error.
struct LagMean {
  var lag: Int
  var mean: Double
  var error: Double
}

/// The distance at which a pattern comes back: the shortest of the highest peaks of similarity
/// against distance; nil where none stands out.
///
/// A peak is above both neighbours by three standard errors of the difference and a hundredth, alike
/// at all (`LagSimilarity.leastSimilarity`), and twice its distance is one, too, where that was seen:
/// with a small drift the distances between are nearly as alike, so that height alone says nothing.
///
/// - Parameters:
///   - curve: ascending; a distance counts only if both its neighbours are there.
///   - span: iterations from the first to the last: two whole periods must be seen.
func periodLength(_ curve: [LagMean], span: Int) -> Int? {
  /// How far a place is above one beside it, less what chance explains.
  func rise(_ place: Int, over other: Int) -> Double {
    let error = (curve[place].error * curve[place].error + curve[other].error * curve[other].error)
      .squareRoot()
    return curve[place].mean - curve[other].mean - max(0.01, 3 * error)
  }
  func hasNeighbours(_ place: Int) -> Bool {
    place > 0 && place + 1 < curve.count && curve[place - 1].lag == curve[place].lag - 1
      && curve[place + 1].lag == curve[place].lag + 1
  }
  let peaks = curve.indices.filter { place in
    let lag = curve[place].lag
    guard lag >= 2, 2 * lag <= span, hasNeighbours(place),
      curve[place].mean >= LagSimilarity.leastSimilarity,
      rise(place, over: place - 1) > 0, rise(place, over: place + 1) > 0
    else { return false }
    guard let twice = curve.firstIndex(where: { $0.lag == 2 * lag }), hasNeighbours(twice) else {
      return true
    }
    return curve[twice].mean > max(curve[twice - 1].mean, curve[twice + 1].mean)
  }
  guard let highest = peaks.map({ curve[$0].mean }).max() else { return nil }
  return peaks.first { curve[$0].mean > highest - 0.05 }.map { curve[$0].lag }
}
