/// What the replay of one part answers, in the order of its members.
package struct PartSolution: Sendable {
  package var finish: [Double]
  /// Bytes of one flow per (member, subflow), for parts with several subflows only.
  package var memberSubflowBytes: [Double] = []
  package var eventCount = 0
}
