// The scenarios S1 and S3 of the replay benchmarks in SimGrid (S4U), for times in the same run.
//
//   simgrid_all_to_all S1|S3 [FILE]     prints completion and processor seconds as JSON;
//                                       FILE gets "src,dst,bytes,finish_us" of every flow
//
// Fluid flows as in mixtrace's fat-tree with ideal spraying: the uplinks of a leaf or pod are one
// link. Latency 0 and the factors of the default model switched off, for max-min without weights.
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <simgrid/s4u.hpp>
#include <string>
#include <vector>

namespace sg4 = simgrid::s4u;

struct Scenario {
  int nodes, group_stride, unit, leaf, pod;
  double core_ratio;
};

static const double link_rate = 50e9;  // bytes per second

static bool exchanges(const Scenario& s, int i, int j) {
  return i != j && (s.group_stride == 0 || i % s.group_stride == j % s.group_stride);
}

static double bytes(const Scenario& s, int i, int j) {
  return ((31LL * i + 17LL * j) % 97 + 1) * double(s.unit);
}

int main(int argc, char** argv) {
  sg4::Engine engine(&argc, argv);
  if (argc < 2) return 64;
  const std::string name = argv[1];
  Scenario s;
  if (name == "S1")
    s = {128, 0, 16384, 4, 16, 1};
  else if (name == "S3")
    s = {1024, 32, 4096, 8, 64, 4};
  else
    return 64;
  sg4::Engine::set_config("network/model:CM02");
  for (const char* setting : {"network/latency-factor:1", "network/bandwidth-factor:1",
                              "network/weight-S:0", "network/TCP-gamma:0", "network/crosstraffic:0"})
    sg4::Engine::set_config(setting);

  auto* zone = sg4::create_full_zone("cluster");
  std::vector<sg4::Host*> hosts;
  auto links = [&](const char* kind, int count, double rate) {
    std::vector<sg4::Link*> result;
    for (int i = 0; i < count; i++)
      result.push_back(zone->create_link(kind + std::to_string(i), rate)->set_latency(0)->seal());
    return result;
  };
  for (int i = 0; i < s.nodes; i++)
    hosts.push_back(zone->create_host("h" + std::to_string(i), 1e9)->seal());
  auto up = links("up", s.nodes, link_rate), down = links("down", s.nodes, link_rate);
  const int leaves = s.nodes / s.leaf, pods = s.nodes / s.pod;
  auto leaf_up = links("leaf_up", leaves, link_rate * s.leaf);
  auto leaf_down = links("leaf_down", leaves, link_rate * s.leaf);
  auto pod_up = links("pod_up", pods, link_rate * s.pod / s.core_ratio);
  auto pod_down = links("pod_down", pods, link_rate * s.pod / s.core_ratio);

  struct Flow { int source, destination; sg4::CommPtr comm; double finish = -1; };
  std::vector<Flow> flows;
  for (int i = 0; i < s.nodes; i++)
    for (int j = 0; j < s.nodes; j++) {
      if (!exchanges(s, i, j)) continue;
      std::vector<sg4::LinkInRoute> route{sg4::LinkInRoute(up[i])};
      if (i / s.leaf != j / s.leaf) {
        route.push_back(sg4::LinkInRoute(leaf_up[i / s.leaf]));
        if (i / s.pod != j / s.pod) {
          route.push_back(sg4::LinkInRoute(pod_up[i / s.pod]));
          route.push_back(sg4::LinkInRoute(pod_down[j / s.pod]));
        }
        route.push_back(sg4::LinkInRoute(leaf_down[j / s.leaf]));
      }
      route.push_back(sg4::LinkInRoute(down[j]));
      zone->add_route(hosts[i]->get_netpoint(), hosts[j]->get_netpoint(), nullptr, nullptr, route,
                      false);
      flows.push_back({i, j, nullptr});
    }
  zone->seal();

  std::clock_t begin = 0, end = 0;
  sg4::Actor::create("sender", hosts[0], [&] {
    begin = std::clock();
    std::vector<sg4::CommPtr> pending;
    for (auto& flow : flows) {
      flow.comm = sg4::Comm::sendto_async(hosts[flow.source], hosts[flow.destination],
                                          bytes(s, flow.source, flow.destination));
      pending.push_back(flow.comm);
    }
    for (auto& comm : pending) comm->wait();
    end = std::clock();
  });
  engine.run();
  std::printf("{\"scenario\": \"%s\", \"flows\": %zu, \"completion_us\": %.6f, "
              "\"processor_seconds\": %.3f}\n",
              name.c_str(), flows.size(), sg4::Engine::get_clock() * 1e6,
              double(end - begin) / CLOCKS_PER_SEC);
  if (argc > 2) {
    std::FILE* file = std::fopen(argv[2], "w");
    if (!file) return 1;
    for (auto& flow : flows)
      std::fprintf(file, "%d,%d,%.0f,%.9f\n", flow.source, flow.destination,
                   bytes(s, flow.source, flow.destination), flow.comm->get_finish_time() * 1e6);
    std::fclose(file);
  }
  return 0;
}
