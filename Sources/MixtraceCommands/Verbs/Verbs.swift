internal import ArgumentParser

/// Every verb, in the order in which a user meets them.
let verbs: [any ParsableCommand.Type] = [
  CaptureVerb.self, IngestVerb.self, AttributeVerb.self, JoinVerb.self, InfoVerb.self,
  AnalyzeVerb.self, RegionsVerb.self, PlaceVerb.self,
  ReplayVerb.self,
  SweepVerb.self, CircuitsVerb.self,
  ReportVerb.self, SynthVerb.self, ExportVerb.self, ReproduceVerb.self,
]
