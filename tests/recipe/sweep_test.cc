// Sweeps: what [sweep] says, what is refused, and runs that share a base.
#include "espalier/recipe/sweep.h"

#include <deque>
#include <set>

#include "espalier/io/safetensors_folder.h"
#include "espalier/io/safetensors_writer.h"
#include "espalier/models/leaf.h"
#include "espalier/recipe/sweep_axes.h"
#include "espalier/recipe/sweep_run.h"
#include "espalier/recipe/toml.h"
#include "tests/recipe/tiny_run.h"

namespace espalier::test {
namespace {

Sweep sweep_of(const std::string& text) { return read_sweep(parse_toml("model = { from = \"m\" }\n" + text, "s.toml")); }

std::vector<std::string> names(const Sweep& sweep) {
  std::vector<std::string> out;
  for (const SweepPoint& point : sweep.points) out.push_back(point.name);
  return out;
}

TEST(Sweep, GridIsEveryCombinationInOrder) {
  const Sweep sweep = sweep_of(
      "[sweep]\nseeds = [4, 5]\n[sweep.grid]\ntrain.optimizer.learning_rate = [1e-3, 1e-4]\n\"method[0].rank\" = [2, 4]\n");
  EXPECT_EQ(names(sweep), (std::vector<std::string>{"learning_rate=0.001,rank=2", "learning_rate=0.001,rank=4",
                                                    "learning_rate=0.0001,rank=2", "learning_rate=0.0001,rank=4"}));
  EXPECT_EQ(sweep.runs(), 8u);
  const Recipe recipe = read_recipe(sweep.tree(sweep.points[2], 5));
  EXPECT_EQ(recipe.seed, 5);
  EXPECT_EQ(recipe.method[0].find("rank")->text(), "2");
  EXPECT_EQ(recipe.train.optimizer.find("learning_rate")->text(), "0.0001");
  EXPECT_EQ(recipe.train.optimizer.find("kind")->text(), "\"adamw\"");
  // One seed, that of the recipe, where none are named; paths that end alike are told apart.
  const Sweep other = sweep_of(
      "seed = 9\n[[method]]\nkind = \"lora\"\n[sweep.grid]\n\"method[0].name\" = [\"a b\", \"c\"]\n"
      "data.by_length = [true]\n");
  EXPECT_EQ(other.seeds, std::vector<int64_t>{9});
  EXPECT_EQ(other.points[1].name, "name=c,by_length=true");
  EXPECT_EQ(other.points[0].name, "name=a-b-" + sha256("a b").substr(0, 6) + ",by_length=true");
  const Sweep methods = sweep_of("[sweep.grid]\nmethod = [[{ kind = \"lora\", rank = 4 }], [{ kind = \"bitfit\" }]]\n");
  EXPECT_TRUE(methods.points[0].name.starts_with("method=lora-"));
  EXPECT_EQ(read_recipe(methods.tree(methods.points[1], 1)).method[0].find("kind")->text(), "\"bitfit\"");
}

TEST(Sweep, DrawsAreFunctionsOfSeedPathAndNumber) {
  const std::string ranges =
      "[sweep.random]\ntrain.optimizer.learning_rate = { log_uniform = [1e-5, 1e-2] }\n"
      "\"method[0].rank\" = { uniform = [2, 5] }\n";
  const Sweep few = sweep_of("[sweep]\nruns = 5\n" + ranges), many = sweep_of("[sweep]\nruns = 200\n" + ranges);
  ASSERT_EQ(few.points.size(), 5u);
  std::vector<std::string> first = names(many);
  first.resize(5);
  EXPECT_EQ(names(few), first) << "more runs change none";
  const Sweep more = sweep_of("[sweep]\nruns = 5\n" + ranges + "data.batch = { choice = [16, 32] }\n");
  EXPECT_EQ(more.points[3].values[0], few.points[3].values[0]) << "another path changes none";
  EXPECT_NE(names(sweep_of("[sweep]\nruns = 5\nseed = 2\n" + ranges)), names(few));
  std::set<int64_t> ranks;
  int64_t low = 0;
  for (const SweepPoint& point : many.points) {
    const double rate = *point.values[0].as_double();
    EXPECT_GE(rate, 1e-5);
    EXPECT_LE(rate, 1e-2);
    low += rate < std::sqrt(1e-5 * 1e-2);
    ranks.insert(*point.values[1].as_int());
  }
  EXPECT_EQ(ranks, (std::set<int64_t>{2, 3, 4, 5})) << "both ends are drawn";
  // Half lie below the geometric middle: 200 fair coins, six standard deviations of 7.07.
  EXPECT_NEAR(double(low), 100, 43);
  // A point that is drawn twice is run once.
  EXPECT_EQ(sweep_of("[sweep]\nruns = 50\n[sweep.random]\ndata.batch = { choice = [16, 32] }\n").points.size(), 2u);
}

TEST(Sweep, AllThatIsWrongIsSaidAtOnceAndFirst) {
  expect_error(ErrorKind::usage, [] { sweep_of("seed = 1\n"); }, {"no table [sweep]"});
  expect_error(ErrorKind::usage, [] { sweep_of("[sweep]\n"); }, {"names nothing that varies"});
  expect_error(ErrorKind::usage,
               [] {
                 sweep_of(
                     "[sweep]\nseeds = [1, 1]\nruns = 2\nseedz = 3\n[sweep.grid]\ndata.batch = []\ntrain.clip = 1\nseed = [1]\n"
                     "train.epochs = [2, 2]\n[sweep.random]\ntrain.steps = { uniform = [9, 3] }\n"
                     "train.keep = { log_uniform = [0, 3] }\ntrain.patience = { among = [3] }\n");
               },
               {"seedz", "data.batch", "empty list", "train.clip", "sweep.seeds", "[9, 3]", "above 0", "train.patience",
                "holds 1 twice", "holds 2 twice"});
  expect_error(ErrorKind::usage,
               [] {
                 sweep_of(
                     "[sweep.grid]\ntrain.optimiser.learning_rate = [1e-3]\ndata.batch = [16, \"many\"]\n"
                     "\"method[0].rank\" = [4, 0]\n");
               },
               {"optimiser", "did you mean", "s.toml:4", "many", "s.toml:5", "at least 1"});
  expect_error(ErrorKind::usage, [] { sweep_of("[sweep]\nruns = 3\nseeds = [1]\n"); }, {"sweep.random"});
  expect_error(ErrorKind::usage, [] { read_recipe(parse_toml("[sweep]\nseeds = [1]\n", "s.toml")); }, {"espalier sweep"});
}

/// A folder's tensors in half precision, in memory of their own.
struct Halves {
  explicit Halves(const fs::path& folder) {
    const SafetensorsFolder file(folder);
    for (const std::string& name : file.names()) {
      kept.push_back(tensor_of(*file.find(name), at::kHalf).clone());
      tensors.push_back(named_tensor(name, kept.back()));
    }
  }
  std::deque<Tensor> kept;
  std::vector<NamedTensor> tensors;
};

class Swept : public ::testing::Test {
 protected:
  Value tree(const std::string& sweep, const std::string& train = "steps = 12\nevaluate_every = 6") const {
    return parse_toml(fmt::format("model = {{ from = \"{0}/model\", pooling = \"pooler\" }}\n"
                                  "data = {{ train = \"{0}/train.tsv\", dev = \"{0}/dev.tsv\", text = \"words\", label = "
                                  "\"side\", batch = 16 }}\n[train]\nprecision = \"fp32\"\n{1}\n{2}",
                                  world_.folder.path().string(), train, sweep),
                      "sweep.toml");
  }
  static bool run(SweepFolder& folder, const RunOptions& options = {}) {
    MemoryLog log;
    return run_sweep(
        folder, [&] { return options; }, log);
  }
  void expect_as_alone(const std::string& text, size_t runs) {
    const Value tree = this->tree(text);
    SweepFolder folder(out_ / "sweep", read_sweep(tree), tree, false);
    ASSERT_TRUE(run(folder));
    ASSERT_EQ(folder.runs().size(), runs);
    for (const SweepRun& run : folder.runs()) {
      MemoryLog log;
      const fs::path alone = out_ / "alone" / run.folder, swept = folder.path(run);
      run_training(resolve(read_recipe(folder.sweep().tree(folder.point(run), run.seed)), log), alone, {}, log);
      for (const auto& entry : fs::directory_iterator(alone / "adapter")) {
        EXPECT_EQ(file_hash(entry.path()), file_hash(swept / "adapter" / entry.path().filename())) << entry.path();
      }
      for (const char* name : {"result.json", "dev_predictions.tsv", "plan.toml"}) {
        EXPECT_EQ(file_hash(alone / name), file_hash(swept / name)) << run.folder << " " << name;
      }
    }
  }
  TinyWorld world_;
  TemporaryFolder out_;
};

TEST_F(Swept, ARunIsWhatItIsAlone) {
  // Methods that add to the base, write into it, and train beside it follow each other on the base that is kept.
  expect_as_alone(
      "[sweep]\nseeds = [1, 2]\n[sweep.grid]\nmethod = [[{ kind = \"full\" }], [{ kind = \"lora\" }], [{ kind = \"bitfit\" }], "
      "[{ kind = \"linear_probe\" }]]\ntrain.train = [[], [\"embed.norm.*\"]]\n",
      16);
}

TEST_F(Swept, ARunIsWhatItIsAloneOnAConvertedBase) {
  // Weights in half precision are converted, not mapped: nothing but the keeping protects them from a run that trains them.
  const fs::path model = world_.folder / "model";
  const Halves halves(model);
  write_safetensors(model / "model.safetensors", halves.tensors);
  expect_as_alone("[sweep]\nseeds = [1, 2]\n[sweep.grid]\ntrain.train = [[\"embed.norm.*\", \"pooler.**\"]]\n", 2);
}

TEST_F(Swept, GoesOnAfterAnInterruptAndKeepsWhatIsDone) {
  const Value tree = this->tree("[sweep]\nseeds = [1, 2]\n[sweep.grid]\n\"method[0].rank\" = [2, 4]\n");
  SweepFolder whole(out_ / "whole", read_sweep(tree), tree, false);
  ASSERT_TRUE(run(whole));

  std::atomic<bool> stop = false;
  int64_t steps = 0;
  struct Stopper : Callback {
    Stopper(std::atomic<bool>& stop, int64_t& steps) : stop(stop), steps(steps) {}
    void on_step(const StepInfo&) override { stop = ++steps == 27; }  // the third run's third step
    std::atomic<bool>& stop;
    int64_t& steps;
  };
  RunOptions options;
  options.stop = &stop;
  options.show = [&](const Plan&) { return std::make_unique<Stopper>(stop, steps); };
  {
    SweepFolder parts(out_ / "parts", read_sweep(tree), tree, false);
    EXPECT_FALSE(run(parts, options));
    EXPECT_EQ(parts.runs()[1].state, SweepState::done);
    EXPECT_EQ(parts.runs()[2].state, SweepState::waiting);
  }
  expect_error(ErrorKind::usage, [&] { SweepFolder(out_ / "parts", read_sweep(tree), tree, false); }, {"--resume"});
  const Value other = this->tree("[sweep]\nseeds = [1]\n", "steps = 13\nclip = 0.5");
  expect_error(ErrorKind::usage, [&] { SweepFolder(out_ / "parts", read_sweep(other), other, true); },
               {"train.steps was 12 and is 13", "train.clip was not set and is 0.5", "train.evaluate_every"});
  const auto first = fs::last_write_time(out_ / "parts/rank=2/seed-1/result.json");
  fs::create_directories(out_ / "parts/rank=4/seed-2");  // as after a kill before the plan was written
  write_file(out_ / "parts/rank=4/seed-2/command.txt", "half");
  SweepFolder parts(out_ / "parts", read_sweep(tree), tree, true);
  ASSERT_TRUE(run(parts));
  EXPECT_EQ(fs::last_write_time(out_ / "parts/rank=2/seed-1/result.json"), first) << "a run that is done is not repeated";
  for (const SweepRun& run : whole.runs()) {
    for (const char* name : {"result.json", "adapter/adapter_model.safetensors"}) {
      EXPECT_EQ(file_hash(whole.path(run) / name), file_hash(parts.path(run) / name)) << run.folder;
    }
  }
  EXPECT_EQ(file_hash(out_ / "whole/sweep.json"), file_hash(out_ / "parts/sweep.json"));
  // More seeds may be asked for later.
  const Value more = this->tree("[sweep]\nseeds = [1, 2, 3]\n[sweep.grid]\n\"method[0].rank\" = [2, 4]\n");
  SweepFolder longer(out_ / "parts", read_sweep(more), more, true);
  EXPECT_EQ(
      std::count_if(longer.runs().begin(), longer.runs().end(), [](const SweepRun& r) { return r.state == SweepState::waiting; }),
      2);
}

TEST_F(Swept, TheTableRanksByTheDevFigureAndARunThatDivergesIsLast) {
  const Value tree = this->tree("[sweep]\nseeds = [1, 2]\n[sweep.grid]\ntrain.optimizer.learning_rate = [1e30, 1e-6, 2e-2]\n",
                                "epochs = 4\nclip = 0");
  SweepFolder folder(out_ / "sweep", read_sweep(tree), tree, false);
  ASSERT_TRUE(run(folder));
  EXPECT_EQ(folder.runs()[0].state, SweepState::failed);
  EXPECT_NE(folder.runs()[0].problem.find("not finite"), std::string::npos) << folder.runs()[0].problem;
  const std::string text = folder.table().text();
  const size_t best = text.find("best"), good = text.find("0.02"), poor = text.find("1e-06"), broken = text.find("1e+30");
  EXPECT_LT(best, good) << text;
  EXPECT_LT(good, poor) << text;
  EXPECT_LT(poor, broken) << text;
  EXPECT_NE(text.find("±"), std::string::npos) << text;
  EXPECT_NE(text.find("0 of 2"), std::string::npos) << text;
  ASSERT_NE(folder.best(), nullptr);
  EXPECT_TRUE(folder.best()->folder.starts_with("learning_rate=0.02/seed-"));
  const std::string figures = read_file(out_ / "sweep/sweep.tsv");
  EXPECT_TRUE(figures.starts_with("folder\ttrain.optimizer.learning_rate\tseed\tdev.")) << figures;
  fs::remove_all(folder.path(folder.runs()[0]));
  const SweepFolder again(out_ / "sweep", read_sweep(tree), tree, true);
  EXPECT_EQ(again.runs()[0].state, SweepState::waiting) << "its folder is gone, so it is tried again";
  EXPECT_EQ(again.runs()[3].state, SweepState::failed);
  EXPECT_EQ(std::count(figures.begin(), figures.end(), '\n'), 5) << "a header and the four runs that are done";
}

}  // namespace
}  // namespace espalier::test
