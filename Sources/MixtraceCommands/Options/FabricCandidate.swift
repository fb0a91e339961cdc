internal import Replay

/// A fabric that was asked for: as it is built for a layout, or why it cannot be.
struct FabricCandidate {
  var name: String
  var fabric: Result<FabricSpecification, any Error>

  init(_ name: String, build: () throws -> FabricSpecification) {
    self.name = name
    fabric = Result { try build() }
  }
}
