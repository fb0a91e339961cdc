internal import Configuration
internal import TraceModel

/// Puts the addresses of a stored trace onto the servers of a newly declared layout.
enum Relabelling {
  /// The declared layout with its addresses in the order of the stored ones: address ids of
  /// messages keep their meaning.
  static func layout(declaredIn path: String, forAddressesOf stored: Layout) throws -> Layout {
    var layout = try LayoutFile.read(path: path)
    let placed = Dictionary(
      layout.addresses.map { ($0.text, $0) }, uniquingKeysWith: { first, _ in first })
    layout.addresses = try stored.addresses.map { address in
      guard let place = placed[address.text] else {
        throw VerbError(
          "\(path): address \(address.text) of the trace is not in the layout. "
            + "Add a line for it under \"addresses\".")
      }
      return place
    }
    return layout
  }
}
