internal import TraceModel

// What a verb reads beside its trace, and must not write over.

extension FabricParameters {
  /// The user's fabric file, and the edge lists that it names.
  var files: [String] {
    guard let file = options.fabrics else { return [] }
    let folder = file.lastIndex(of: "/").map { file[...$0] } ?? ""
    return [file]
      + declared.compactMap(\.edges?.name).map { $0.hasPrefix("/") ? $0 : folder + $0 }
  }
}

extension SelectionOptions {
  /// The model file; none for a preset.
  var files: [String] { model.map { namesModelFile($0) ? [$0] : [] } ?? [] }
}
