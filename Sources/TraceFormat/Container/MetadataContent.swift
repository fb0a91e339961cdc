internal import FoundationEssentials
internal import TraceModel

/// The content of a metadata block: JSON with sorted keys, so that equal metadata is equal bytes.
enum MetadataContent {
  static func encode(_ metadata: TraceMetadata) throws(TraceFormatError) -> [UInt8] {
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
    do {
      return try JSONDecoder().decode(TraceMetadata.self, from: Data(content))
    } catch {
      throw ContentDecoder.Defect("the metadata is not what this version expects: \(error)")
    }
  }
}
