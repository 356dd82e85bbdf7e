// Saving and reading again gives the same bits for every head, and site paths are what the golden file says.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "espalier/models/catalogue.h"
#include "tests/models/folder.h"
#include "tests/support/tiny_families.h"

namespace espalier {
namespace {

using support::TemporaryFolder;

/// All that the family has.
std::vector<HeadOptions> all_heads(const std::string& family) {
  std::vector<HeadOptions> heads;
  const auto model = make_model(support::tiny_family(family), "tiny");
  for (int kind = 0; kind <= int(HeadKind::similarity); ++kind) {
    HeadOptions head{.kind = HeadKind(kind)};
    const bool labelled = head.kind != HeadKind::none && head.kind < HeadKind::masked_lm;
    if (labelled && head.kind != HeadKind::regress) head.labels = {"no", "maybe", "yes"};
    if (kind % 2 == 0) head.pooling = Pooling::mean;
    try {
      make_head(*model, head);
      heads.push_back(head);
    } catch (const Error& refused) {
      EXPECT_EQ(int(refused.kind()), int(ErrorKind::unsupported)) << refused.what();
    }
  }
  return heads;
}

class EveryFamily : public testing::TestWithParam<std::string> {};

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const Family& family : families()) names.push_back(family.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryFamily, testing::ValuesIn(family_names()),
                         [](const auto& family) { return family.param; });

TEST_P(EveryFamily, ComesBackBitForBitUnderEveryHead) {
  for (const HeadOptions& head : all_heads(GetParam())) {
    SCOPED_TRACE(head_name(head.kind));
    const auto model = support::tiny_model(head, support::tiny_family(GetParam()));
    const TemporaryFolder disk;
    MemoryLog log;
    save_model(*model, disk.path(), fs::path(), log);
    const auto again = load_model(disk.path(), {.dtype = at::kDouble}, log);
    ASSERT_EQ(again->head() == nullptr, model->head() == nullptr);
    if (head.kind != HeadKind::none) {
      EXPECT_EQ(int(again->head()->options().kind), int(head.kind));
      EXPECT_EQ(int(again->head()->options().pooling), int(model->head()->options().pooling));
      EXPECT_EQ(again->head()->options().labels,
                head.kind == HeadKind::regress ? std::vector<std::string>{"LABEL_0"} : head.labels);
    }
    auto ours = model->base_parameters();
    const auto theirs = again->base_parameters();
    // transformers' classes of these heads have no pooler.
    const bool by_row = head.kind == HeadKind::tokens || head.kind == HeadKind::masked_lm;
    const bool past_pooler = model->facts().head_dense || model->facts().own_pooling != Pooling::pooler;
    const bool by_own = is_sequence(head.kind) && head.pooling == Pooling::automatic && past_pooler;
    if (by_row || by_own) std::erase_if(ours, [](Parameter* p) { return p->path().starts_with("pooler."); });
    if (head.kind == HeadKind::tokens && model->facts().decoder) {  // its class has the encoder alone
      std::erase_if(ours, [](Parameter* p) { return p->path().starts_with("decoder."); });
    }
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t i = 0; i < ours.size(); ++i) {
      EXPECT_EQ(ours[i]->path(), theirs[i]->path());
      EXPECT_TRUE(ours[i]->leaf().equal(theirs[i]->leaf())) << ours[i]->path();
    }
    Batch batch = support::random_batch({4, 4, 2, 2});
    batch.pairs = at::tensor({0, 1, 2, 3}, at::kLong).view({2, 2});
    Pass one, two;
    EXPECT_TRUE((*model)(batch, one).equal((*again)(batch, two)));
  }
}

TEST(Save, ABackboneForgetsTheHeadItWasReadWith) {
  const TemporaryFolder disk;
  MemoryLog log;
  save_model(*support::tiny_bert(support::classes(3)), disk / "classifier", fs::path(), log);
  const auto bare = load_model(disk / "classifier", {.head = HeadOptions{}}, log);
  save_model(*bare, disk / "bare", fs::path(), log);
  EXPECT_EQ(load_model(disk / "bare", {}, log)->head(), nullptr);
}

TEST(Save, CopiesTheTokenizer) {
  const TemporaryFolder disk;
  disk.write("from/vocab.txt", "[UNK]\n");
  MemoryLog log;
  save_model(*support::tiny_bert(support::classes(2)), disk / "to", disk / "from", log);
  EXPECT_EQ(read_file(disk / "to" / "vocab.txt"), "[UNK]\n");
}

TEST_P(EveryFamily, SitesAreAnInterface) {
  std::string lines;
  for (const HeadOptions& head : all_heads(GetParam())) {
    lines += std::string("# ") + head_name(head.kind) + "\n";
    const auto model = support::tiny_model(head, support::tiny_family(GetParam()));
    for (Site* site : model->all_sites()) {
      const bool shared = !site->path().starts_with("head.") && head.kind != HeadKind::none;
      if (!shared) lines += site->path() + " " + unit_name(site->unit()) + "\n";
    }
  }
  std::ostringstream golden;
  golden << std::ifstream(fs::path(ESPALIER_TESTS_DIR) / "golden" / (GetParam() + "_sites.txt")).rdbuf();
  EXPECT_EQ(lines, golden.str()) << "recipes and adapters name these paths: a change breaks them";
}

}  // namespace
}  // namespace espalier
