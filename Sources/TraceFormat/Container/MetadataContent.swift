internal import FoundationEssentials
internal import TraceModel

/// The content of a metadata block: JSON with sorted keys, so that equal metadata is equal bytes.
///
/// Numbers that no cluster or model has are refused here, in both directions, so that no user of a
/// trace has to be ready for them.
enum MetadataContent {
  static func encode(_ metadata: TraceMetadata) throws(TraceFormatError) -> [UInt8] {
    if let defect = defect(of: metadata) {
      throw TraceFormatError(.rows, file: "metadata", message: "cannot be written: \(defect)")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(metadata))
    } catch {
      throw TraceFormatError(
        .rows, file: "metadata", message: "cannot be written as JSON: \(error)",
        advice: "Confidences must be finite numbers.")
    }
  }

  static func decode(_ content: [UInt8]) throws(ContentDecoder.Defect) -> TraceMetadata {
    let metadata: TraceMetadata
    do {
      metadata = try JSONDecoder().decode(TraceMetadata.self, from: Data(content))
    } catch {
      throw ContentDecoder.Defect("the metadata is not what this version expects: \(error)")
    }
    if let defect = defect(of: metadata) { throw ContentDecoder.Defect(defect) }
    return metadata
  }

  private static func defect(of metadata: TraceMetadata) -> String? {
    if let defect = metadata.layout.defect { return "the layout cannot be: \(defect)" }
    if let defect = metadata.model?.defect { return "the model cannot be: \(defect)" }
    return nil
  }
}
