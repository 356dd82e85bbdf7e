#include "espalier/recipe/profile_report.h"

#include <nlohmann/json.hpp>

#include <algorithm>

#include "espalier/base/table.h"
#include "espalier/base/text.h"
#include "espalier/nn/kernels/throughput.h"
#include "espalier/nn/tensor.h"

namespace espalier {

using kernels::kUsualIn, kernels::kUsualOut, kernels::kUsualRows;

namespace {

using Json = nlohmann::ordered_json;

constexpr double kSmall = 0.005;  // share of the time below which a place has no line of its own

double per_nanosecond(int64_t count, const ProfileRow& row) {
  return row.nanoseconds > 0 ? double(count) / double(row.nanoseconds) : 0;
}

Json row_json(const ProfileRow& row, const Profile& profile, const ProductLimit& limit) {
  const double gflops = per_nanosecond(row.operations, row);
  return {{"kind", row.kind},
          {"direction", direction_name(row.direction)},
          {"seconds", 1e-9 * double(row.nanoseconds)},
          {"share", profile.nanoseconds > 0 ? double(row.nanoseconds) / double(profile.nanoseconds) : 0},
          {"calls", row.calls},
          {"operations", row.operations},
          {"gflops", gflops},
          {"limit_share", gflops / limit.gflops},
          {"bytes", row.bytes},
          {"gigabytes_per_second", per_nanosecond(row.bytes, row)}};
}

/// share, GFLOP/s, of limit, MB, GB/s; a step's, and empty where there is nothing to say.
std::vector<std::string> figures(const ProfileRow& row, const Profile& profile, const ProductLimit& limit) {
  const double steps = double(std::max<int64_t>(1, profile.steps));
  const double gflops = per_nanosecond(row.operations, row);
  const auto cell = [](bool any, const std::string& text) { return any ? text : std::string(); };
  return {fmt::format("{:.1f} %", 100 * double(row.nanoseconds) / double(std::max<int64_t>(1, profile.nanoseconds))),
          cell(row.operations > 0, fmt::format("{:.1f}", gflops)),
          cell(row.operations > 0, fmt::format("{:.0f} %", 100 * gflops / limit.gflops)),
          cell(row.bytes > 0, fmt::format("{:.1f}", 1e-6 * double(row.bytes) / steps)),
          cell(row.bytes > 0, fmt::format("{:.1f}", per_nanosecond(row.bytes, row)))};
}

std::string milliseconds(int64_t nanoseconds, const Profile& profile) {
  return fmt::format("{:.2f}", 1e-6 * double(nanoseconds) / double(std::max<int64_t>(1, profile.steps)));
}

const std::vector<std::string> kFigures{">share", ">GFLOP/s", ">of limit", ">MB", ">GB/s"};

Table table_of(std::vector<std::string> titles) {
  titles.insert(titles.end(), kFigures.begin(), kFigures.end());
  return Table(std::move(titles));
}

void add(Table& table, std::vector<std::string> cells, const ProfileRow& row, const Profile& profile, const ProductLimit& limit) {
  for (std::string& cell : figures(row, profile, limit)) cells.push_back(std::move(cell));
  table.row(std::move(cells));
}

int64_t spent(const Profile& profile, const ProfileRow& place, Direction direction) {
  int64_t sum = 0;
  for (const ProfileRow& row : profile.rows) {
    if (row.place == place.place && row.kind == place.kind && row.direction == direction) sum += row.nanoseconds;
  }
  return sum;
}

std::string kinds_table(const Profile& profile, const ProductLimit& limit) {
  Table table = table_of({"kind", "", ">calls", ">ms"});
  ProfileRow total;
  for (const ProfileRow& row : profile.kinds()) {
    total += row;
    if (row.nanoseconds == 0) continue;
    const std::string calls = row.calls > 0 ? fmt::format("{:.0f}", double(row.calls) / double(profile.steps)) : "";
    add(table, {row.kind, direction_name(row.direction), calls, milliseconds(row.nanoseconds, profile)}, row, profile, limit);
  }
  table.rule();
  add(table, {"step", "", "", milliseconds(total.nanoseconds, profile)}, total, profile, limit);
  return table.text();
}

std::string places_table(const Profile& profile, const ProductLimit& limit) {
  Table table = table_of({"place", "kind", ">forward ms", ">backward ms"});
  ProfileRow others;
  int64_t count = 0, forward = 0, backward = 0;
  for (const ProfileRow& row : profile.places()) {
    if (row.place.empty() || row.nanoseconds == 0) continue;
    const int64_t ahead = spent(profile, row, Direction::forward), back = spent(profile, row, Direction::backward);
    if (double(row.nanoseconds) >= kSmall * double(profile.nanoseconds)) {
      add(table, {row.place, row.kind, milliseconds(ahead, profile), milliseconds(back, profile)}, row, profile, limit);
    } else {
      others += row;
      ++count;
      forward += ahead;
      backward += back;
    }
  }
  if (count > 0) {
    const std::string name = fmt::format("{} more", count);
    add(table, {name, "", milliseconds(forward, profile), milliseconds(backward, profile)}, others, profile, limit);
  }
  return table.text();
}

}  // namespace

ProductLimit measure_limit(Precision precision) {
  return {precision == Precision::bf16 ? "bf16" : "fp32", at::get_num_threads(),
          kernels::frozen_gflops(precision, kUsualRows, kUsualIn, kUsualOut)};
}

Json profile_json(const Profile& profile, const ProductLimit& limit) {
  Json kinds = Json::array(), places = Json::array();
  for (const ProfileRow& row : profile.kinds()) kinds.push_back(row_json(row, profile, limit));
  for (const ProfileRow& row : profile.rows) {
    if (row.place.empty()) continue;
    Json json{{"place", row.place}};
    json.update(row_json(row, profile, limit));
    places.push_back(std::move(json));
  }
  return {{"format_version", 1},
          {"warm_up", profile.warm_up},
          {"steps", profile.steps},
          {"seconds", profile.seconds()},
          {"examples", profile.examples},
          {"tokens", profile.tokens},
          {"precision", limit.precision},
          {"threads", limit.threads},
          {"limit_gflops", limit.gflops},
          {"kinds", kinds},
          {"places", places}};
}

std::string profile_text(const Profile& profile, const ProductLimit& limit) {
  const auto steps = double(profile.steps);
  return fmt::format(
      "where a step goes: mean of {} steps after {}, {:.0f} examples and {:.0f} rows each, {:.1f} examples/s\n"
      "limit: {:.0f} GFLOP/s in products with {} weights, {} thread{}\n\n{}\n{}",
      profile.steps, profile.warm_up, double(profile.examples) / steps, double(profile.tokens) / steps,
      double(profile.examples) / profile.seconds(), limit.gflops, limit.precision, limit.threads, limit.threads == 1 ? "" : "s",
      kinds_table(profile, limit), places_table(profile, limit));
}

}  // namespace espalier
