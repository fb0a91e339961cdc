internal import ArgumentParser
internal import Configuration
internal import TraceModel
internal import TraceSynthesis

/// What the user declares about an input that does not say it itself.
struct DeclarationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Layout file (YAML): servers, GPUs, NICs, parallel groups, addresses.",
      discussion: "Without one, servers are derived from the input and marked as inferred; "
        + "--write-layout writes what was derived, to be edited.",
      valueName: "file"))
  var layout: String?

  @Option(
    help: ArgumentHelp(
      "Model: a preset (\(ModelPreset.all.map(\.name).joined(separator: ", "))) or a YAML file.",
      discussion:
        "Turns routed tokens into bytes: number formats and hidden size. Without one, token logs "
        + "are kept as tokens. See Documentation/configuration.md.",
      valueName: "name|file"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "A token is sent once per chosen expert, per rank or per server that holds one.",
      discussion: "Overrides the model. Needs token-level expert sets for rank and server.",
      valueName: "per"))
  var copies: CopyRule?

  @Option(
    help: ArgumentHelp(
      "Tokens that each token of a sampled log stands for; overrides the model.",
      valueName: "count"))
  var tokensPerLoggedToken: Int?

  /// The declared layout, or nil.
  func readLayout() throws -> Layout? {
    try layout.map { try LayoutFile.read(path: $0) }
  }

  /// The declared model, or nil.
  func readModel() throws -> ExpertModel? {
    guard let name = model else {
      if copies != nil { throw ValidationError("--copies needs --model.") }
      if tokensPerLoggedToken != nil {
        throw ValidationError("--tokens-per-logged-token needs --model.")
      }
      return nil
    }
    var model = try namedModel(name)
    if let copies { model.copies = copies }
    if let tokensPerLoggedToken {
      guard tokensPerLoggedToken >= 1 else {
        throw ValidationError("--tokens-per-logged-token must be 1 or more.")
      }
      model.tokensPerLoggedToken = tokensPerLoggedToken
    }
    return model
  }
}

/// A model preset by name, or a model file by path.
func namedModel(_ name: String) throws -> ExpertModel {
  namesModelFile(name) ? try ModelFile.read(path: name) : try presetNamed(name).model
}

/// True of a path, false of what can only be a preset.
func namesModelFile(_ name: String) -> Bool {
  name.contains("/") || name.hasSuffix(".yaml") || name.hasSuffix(".yml")
}

/// A model preset by name; an unknown name is wrong usage with the nearest spelling.
func presetNamed(_ name: String) throws -> ModelPreset {
  if let preset = ModelPreset.all.first(where: { $0.name == name }) { return preset }
  throw unknownName("model", name, among: ModelPreset.all.map(\.name))
}
