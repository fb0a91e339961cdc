internal import Glibc

/// A colour of the sRGB screen, 8 bits a channel.
package struct Colour: Sendable, Hashable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(_ hexadecimal: UInt32) {
    red = UInt8(truncatingIfNeeded: hexadecimal >> 16)
    green = UInt8(truncatingIfNeeded: hexadecimal >> 8)
    blue = UInt8(truncatingIfNeeded: hexadecimal)
  }

  /// The colour `part`/`whole` of the way to another, in whole numbers so that every machine agrees.
  package func mixed(with other: Colour, part: Int, of whole: Int) -> Colour {
    func mix(_ from: UInt8, _ to: UInt8) -> UInt8 {
      UInt8(clamping: (Int(from) * (whole - part) + Int(to) * part + whole / 2) / whole)
    }
    var result = self
    result.red = mix(red, other.red)
    result.green = mix(green, other.green)
    result.blue = mix(blue, other.blue)
    return result
  }

  /// Relative luminance, 0 for black and 1 for white (WCAG 2.2).
  package var luminance: Double {
    func linear(_ channel: UInt8) -> Double {
      let value = Double(channel) / 255
      return value <= 0.040_45 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
  }

  /// The contrast with another colour, 1 … 21 (WCAG 2.2).
  package func contrast(with other: Colour) -> Double {
    let lighter = max(luminance, other.luminance)
    let darker = min(luminance, other.luminance)
    return (lighter + 0.05) / (darker + 0.05)
  }

  /// Whether dark letters read better on it than white ones.
  package var isBright: Bool {
    contrast(with: Colour(0x10161C)) > contrast(with: Colour(0xFFFFFF))
  }
}

/// Colours for amounts: from deep blue (little) to yellow (much).
///
/// Perceived lightness (L of OKLab) rises in equal steps from 0.25 to 0.93, so that the order
/// survives in grey and for every kind of colour vision.
package enum ColourMap {
  private static let stops: [Colour] = [
    0x0B165A, 0x023768, 0x035475, 0x087183, 0x01908D, 0x01B08A, 0x63CC74, 0xB6DE5A, 0xFFEA6D,
  ].map(Colour.init)

  /// `count` ≥ 2 colours from the least to the most.
  package static func colours(_ count: Int) -> [Colour] {
    (0..<count).map { index in
      let place = index * (stops.count - 1)
      let stop = min(place / (count - 1), stops.count - 2)
      return stops[stop].mixed(
        with: stops[stop + 1], part: place - stop * (count - 1), of: count - 1)
    }
  }
}
