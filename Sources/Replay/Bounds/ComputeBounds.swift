/// A pass of dispatch, experts and combine that is cut into batches: no batch runs without its fixed
/// overhead, whatever its size.
///
/// Experts of one server run one batch after the other, so a server that computes for c nanoseconds in
/// all, in m batches, is busy for c + m · overhead; communication may hide behind it, but not the
/// reverse. With a matching per batch, this is what many small matchings cost, as Birkhoff–von Neumann
/// decompositions produce (Amponsah and Addanki, arXiv 2605.26845).
/// - Parameters:
///   - computeNanoseconds: of the server with most of it, without overhead.
///   - batches: batches of that server.
///   - overheadNanoseconds: of each batch.
public func batchedComputeBound(
  computeNanoseconds: Double, batches: Int, overheadNanoseconds: Double
) -> LowerBound {
  LowerBound(
    nanoseconds: computeNanoseconds + Double(max(0, batches)) * overheadNanoseconds,
    name: BoundName.compute, assumptions: [.serialBatches])
}
