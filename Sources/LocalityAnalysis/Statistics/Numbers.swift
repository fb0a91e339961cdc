/// A number with a fixed count of decimals, for sentences.
package func decimal(_ number: Double, places: Int) -> String {
  guard number.isFinite else { return number.isNaN ? "undefined" : number < 0 ? "−∞" : "∞" }
  var scale = 1.0
  for _ in 0..<places { scale *= 10 }
  let scaled = (abs(number) * scale).rounded(.toNearestOrAwayFromZero)
  guard scaled < 9e18 else { return "\(number)" }
  let units = Int64(scaled)
  let sign = number < 0 && units != 0 ? "−" : ""
  guard places > 0 else { return sign + "\(units)" }
  let whole = units / Int64(scale)
  let rest = String(units % Int64(scale))
  return sign + "\(whole)." + String(repeating: "0", count: places - rest.count) + rest
}

/// A share 0 … 1 as a percentage, with one decimal below ten percent.
package func percent(_ share: Double) -> String {
  decimal(share * 100, places: share != 0 && abs(share) < 0.0995 ? 1 : 0) + " %"
}

/// Sum that stops at the largest number instead of trapping: amounts come from files.
func saturatingSum(_ left: Int64, _ right: Int64) -> Int64 {
  let (sum, overflow) = left.addingReportingOverflow(right)
  return overflow ? (left < 0 ? .min : .max) : sum
}

/// Product of two amounts, neither negative, that stops at the largest number.
func saturatingProduct(_ left: Int64, _ right: Int64) -> Int64 {
  let (product, overflow) = left.multipliedReportingOverflow(by: right)
  return overflow ? .max : product
}

/// The sentence with a capital letter in front.
func capitalised(_ sentence: String) -> String {
  sentence.prefix(1).uppercased() + sentence.dropFirst()
}

/// Nanoseconds in the unit that reads best.
func duration(_ nanoseconds: Double) -> String {
  switch abs(nanoseconds) {
  case ..<1e3: decimal(nanoseconds, places: 0) + " ns"
  case ..<1e6: decimal(nanoseconds / 1e3, places: 2) + " µs"
  case ..<1e9: decimal(nanoseconds / 1e6, places: 2) + " ms"
  default: decimal(nanoseconds / 1e9, places: 2) + " s"
  }
}

/// US dollars with thousands separated.
func dollars(_ amount: Double) -> String {
  var digits = decimal(amount, places: 0)
  var place = digits.endIndex
  while digits.distance(from: digits.startIndex, to: place) > 3 {
    place = digits.index(place, offsetBy: -3)
    digits.insert(",", at: place)
  }
  return "$" + digits
}
