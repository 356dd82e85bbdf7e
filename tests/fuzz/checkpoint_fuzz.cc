// state.json of a checkpoint folder with good tensors and a manifest that fits it, or with a manifest of the input's own.
#include <nlohmann/json.hpp>

#include "espalier/nn/tensor.h"
#include "espalier/train/state.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

struct Checkpoint {
  Checkpoint() {
    State state;
    state.step = 1;
    state.trained["w"] = at::ones({2});
    state.optimizer["0:w.exp_avg"] = at::zeros({2});
    path = save_state(state, folder.path());
    manifest = nlohmann::json::parse(read_file(path / "manifest.json"));
  }
  Folder folder;
  fs::path path;
  nlohmann::json manifest;
};

void read(std::string_view bytes) {
  static const Checkpoint checkpoint;
  const std::vector<std::string_view> part = parts(bytes, 2);
  nlohmann::json manifest = checkpoint.manifest;
  manifest["state.json"] = sha256(part[0]);
  const std::string name = checkpoint.path.filename().string();
  checkpoint.folder.write(name + "/state.json", part[0]);
  checkpoint.folder.write(name + "/manifest.json", part[1].empty() ? manifest.dump() : std::string(part[1]));
  const State state = load_state(checkpoint.path);
  expect(state.trained.size() == 1 && state.optimizer.size() == 1, "the tensors are those of the files");
}

const AddTarget kTarget("checkpoint", read);

}  // namespace
}  // namespace espalier::fuzz
