// What encoders with a decoder have of their own: shifted texts, two frames, memory, biases by distance, what is tied, the cache,
// and their settings.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "espalier/io/safetensors_folder.h"
#include "espalier/models/encoder_decoder.h"
#include "espalier/models/heads.h"
#include "espalier/models/save.h"
#include "espalier/nn/relative_bias.h"
#include "tests/support/generate_case.h"
#include "tests/support/oracle_model.h"
#include "tests/support/refused_setting.h"
#include "tests/support/single_example.h"
#include "tests/support/tiny_families.h"

namespace espalier {
namespace {

using support::classes;
using support::random_pairs;
using support::tiny_family;
using support::tiny_model;

const std::vector<std::string> kFamilies = {"t5", "bart", "mbart"};

std::unique_ptr<Model> writer(const std::string& family) {
  return tiny_model(HeadOptions{.kind = HeadKind::seq2seq}, tiny_family(family));
}

Tensor output(Model& model, const Batch& batch) {
  at::NoGradGuard no_gradient;
  Pass pass;
  return model(batch, pass);
}

std::vector<int64_t> numbers(const Tensor& t) {
  const Tensor flat = t.contiguous();
  return {flat.const_data_ptr<int64_t>(), flat.const_data_ptr<int64_t>() + flat.numel()};
}

/// The source and target of example `i` alone.
Batch alone(const Batch& batch, int64_t i) {
  Batch one = support::single_example(batch, i);
  const int64_t row = batch.target_frame->offsets[size_t(i)], length = batch.target_frame->length(i);
  one.tokens = batch.tokens.narrow(0, row, length);
  one.target_frame = make_frame({length});
  return one;
}

TEST(EncoderDecoder, AnExampleIsWhatItIsAlone) {
  const std::vector<int64_t> targets{3, 3, 1, 6, 2};
  const Batch batch = random_pairs({5, 5, 5, 3, 1}, targets);
  for (const std::string& family : kFamilies) {
    const auto model = writer(family);
    const Tensor together = output(*model, batch);
    for (int64_t i = 0; i < 5; ++i) {
      const Tensor rows = together.narrow(0, batch.target_frame->offsets[size_t(i)], targets[size_t(i)]);
      // Double: products over another number of rows may sum in another order.
      EXPECT_LT((rows - output(*model, alone(batch, i))).abs().max().item<double>(), 1e-11) << family << " " << i;
    }
  }
}

TEST(EncoderDecoder, ARowSeesTheTextBeforeItAndTheWholeSource) {
  for (const std::string& family : kFamilies) {
    const auto model = writer(family);
    Batch batch = random_pairs({4}, {5});
    batch.target = at::tensor({0, 7, 8, 9, 10}, at::kLong);
    const Tensor before = output(*model, batch);
    Batch later = batch;
    later.target = at::tensor({0, 7, 8, 20, 10}, at::kLong);
    const Tensor changed = (output(*model, later) - before).abs().amax(1);
    for (int64_t row = 0; row < 5; ++row) EXPECT_EQ(changed[row].item<double>() > 0, row >= 3) << family << row;
    Batch other = batch;
    other.ids = batch.ids.clone();
    other.ids[3] = (batch.ids[3].item<int64_t>() + 1) % 30;
    EXPECT_GT((output(*model, other) - before).abs().amax(1).min().item<double>(), 0) << family;
  }
}

TEST(EncoderDecoder, ShiftsTextsToTheRight) {
  const auto frame = make_frame({3, 1, 2});
  const Tensor texts = at::tensor({5, -100, 7, 8, 9, 10}, at::kLong);
  const std::map<std::string, std::vector<int64_t>> expected = {
      {"t5", {0, 5, 0, 0, 0, 9}}, {"bart", {2, 5, 1, 2, 2, 9}}, {"mbart", {7, 5, 1, 8, 10, 9}}};
  for (const auto& [family, ids] : expected) {
    const auto model = writer(family);
    EXPECT_EQ(numbers(dynamic_cast<EncoderDecoder&>(model->backbone()).shifted(texts, *frame)), ids) << family;
  }
}

TEST(EncoderDecoder, ASequenceHeadReadsTheDecodersLastRow) {
  for (const std::string& family : kFamilies) {
    const auto model = tiny_model(classes(3), tiny_family(family));
    auto& head = dynamic_cast<SequenceHead&>(*model->head());
    ASSERT_NE(head.dense, nullptr);
    EXPECT_TRUE(head.reads_decoder());
    EXPECT_FALSE(head.first_rows());
    const Batch batch = support::random_batch({4, 2});
    Batch again = model->backbone().read_again(batch);
    Pass pass;
    at::NoGradGuard no_gradient;
    const Tensor rows = model->encode(again, pass).index_select(0, at::tensor({3, 5}, at::kLong));
    const Tensor expected = head.out(at::tanh((*head.dense)(rows, pass)), pass);
    EXPECT_LT((output(*model, batch) - expected).abs().max().item<double>(), 1e-12) << family;
    HeadOptions mean = classes(3);
    mean.pooling = Pooling::mean;
    EXPECT_FALSE(tiny_model(mean, tiny_family(family))->head()->reads_decoder());
  }
}

TEST(EncoderDecoder, CountsLossesByTheTargetsRows) {
  const Batch batch = random_pairs({4, 2}, {1, 3});
  EXPECT_EQ(&batch.token_frame(), batch.target_frame.get());
  EXPECT_EQ(numbers(batch.token_frame().owners()), (std::vector<int64_t>{0, 1, 1, 1}));
}

TEST(RelativeBias, HasTheBucketsOfThePaper) {
  // One by one in double, at distances where no bucket's edge is near enough for float32 to matter.
  const auto bucket = [](int64_t ahead, bool both) -> int64_t {
    const int64_t count = both ? 16 : 32, exact = count / 2, distance = both ? std::abs(ahead) : std::max<int64_t>(0, -ahead);
    const double far =
        std::floor(std::log(double(distance) / double(exact)) / std::log(128.0 / double(exact)) * double(count - exact));
    const int64_t own = distance < exact ? distance : std::min(count - 1, exact + int64_t(far));
    return own + (both && ahead > 0 ? 16 : 0);
  };
  for (const bool both : {true, false}) {
    const Tensor found = relative_buckets(150, 150, {.both_ways = both});
    for (int64_t query : {0, 3, 70, 149}) {
      for (int64_t key : {0, 1, 2, 7, 20, 27, 60, 100, 148, 149}) {
        EXPECT_EQ(found[query][key].item<int64_t>(), bucket(key - query, both)) << query << " " << key << " " << both;
      }
    }
    EXPECT_TRUE(relative_buckets(1, 150, {.both_ways = both}).equal(found.narrow(0, 149, 1)));
  }
}

TEST(RelativeBias, IsMadeOnceForAllBlocksOfAStack) {
  const auto model = writer("t5");
  std::map<std::string, int> calls;
  std::vector<Hook> taps;
  for (const char* path : {"encoder.0.attention.bias", "decoder.0.attention.bias"}) {
    taps.push_back(model->site_at(path).wrap(WrapOrder::tap, "test", [&calls, path](const Tensor& x, Next next, Pass&) {
      ++calls[path];
      return next(x);
    }));
  }
  output(*model, random_pairs({4, 4, 2}, {3, 1, 1}));
  EXPECT_EQ(calls["encoder.0.attention.bias"], 2);  // lengths
  EXPECT_EQ(calls["decoder.0.attention.bias"], 2);
}

TEST(T5, BeginsWithTheDeviationsOfItsPretraining) {
  const auto model = make_model(tiny_family("t5"), "tiny");
  const auto deviation = [&](const std::string& path) {
    double found = 0;
    model->each_parameter([&](Parameter& p) {
      if (p.path() == path) found = model->backbone().initial_deviation(p);
    });
    return found;
  };
  EXPECT_DOUBLE_EQ(deviation("embed.token.weight"), 1);
  EXPECT_DOUBLE_EQ(deviation("decoder.1.cross.query.weight"), std::pow(12.0 * 4, -0.5));
  EXPECT_DOUBLE_EQ(deviation("encoder.0.attention.output.weight"), std::pow(12.0, -0.5));
  EXPECT_DOUBLE_EQ(deviation("encoder.0.ffn.down.weight"), std::pow(25.0, -0.5));
  EXPECT_DOUBLE_EQ(deviation("encoder.0.attention.bias.weight"), std::pow(12.0, -0.5));
}

TEST(T5, ReadsAnEncoderAloneUnlessTheDecoderIsNeeded) {
  const support::OracleCase c = support::read_case("t5/embed");
  const support::TemporaryFolder folder, saved;
  const HeadOptions embed{.kind = HeadKind::embed, .pooling = Pooling::mean};
  const auto model = support::oracle_model(c, folder, embed);
  MemoryLog log;
  EXPECT_EQ(save_model(*model, saved.path(), fs::path(), log).architecture, "T5EncoderModel");
  support::expect_error(ErrorKind::data,
                        [&] { load_model(folder.path(), {.head = HeadOptions{.kind = HeadKind::seq2seq}}, log); },
                        {"does not fit its config.json", "decoder.block.0.layer.0.SelfAttention.q.weight", "missing"});
}

TEST(T5, AnOutputLayerOfItsOwnIsKept) {
  const auto tied = [](const std::string& name) {
    const support::OracleCase c = support::read_case(name);
    const support::TemporaryFolder folder;
    const auto model = support::oracle_model(c, folder, HeadOptions{.kind = HeadKind::seq2seq});
    return dynamic_cast<Seq2SeqHead&>(*model->head()).vocabulary->tied();
  };
  EXPECT_TRUE(tied("t5/seq2seq"));
  EXPECT_TRUE(tied("t5/seq2seq_tied_unscaled"));
  EXPECT_FALSE(tied("t5/seq2seq_gated_untied"));
}

TEST(Bart, ALackingBiasOfTheOutputIsZeroAndIsNotTrained) {
  const support::OracleCase c = support::read_case("bart/seq2seq");
  support::OracleCase without = c;
  without.tensors.erase("final_logits_bias");
  const support::TemporaryFolder folder;
  const auto model = support::oracle_model(without, folder, HeadOptions{.kind = HeadKind::seq2seq});
  const Parameter& bias = model->parameter_at("head.main.vocabulary.bias");
  EXPECT_EQ(bias.leaf().abs().max().item<double>(), 0);
  EXPECT_FALSE(bias.is_new);
}

class WritesOracle : public testing::TestWithParam<const char*> {};

TEST_P(WritesOracle, WritesWhatTransformersWrites) {
  const support::OracleCase c = support::read_case(std::string("generate/") + GetParam());
  const support::TemporaryFolder folder;
  const auto model = support::oracle_model(c, folder, HeadOptions{.kind = HeadKind::seq2seq});
  const auto sources = c.about.at("prompts").get<std::vector<Ids>>();
  for (const nlohmann::json& run : c.about.at("runs")) {
    const auto expected = run.at("new").get<std::vector<Ids>>();
    EXPECT_EQ(support::new_ids(*model, sources, support::generate_options(run.at("options"))), expected)
        << run.at("options").dump();
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, WritesOracle, testing::Values("t5", "bart"),
                         [](const auto& which) { return std::string(which.param); });

TEST(Writing, TheCacheChangesNothing) {
  const std::vector<Ids> sources{{4, 5, 6}, {7}, {8, 9, 1, 1, 3}};
  for (const std::string& family : kFamilies) {
    const auto model = writer(family);
    GenerateOptions options{.max_new = 7};
    if (family == "mbart") options.start = {5};
    const std::vector<Generated> texts = generate(*model, sources, options);
    for (size_t i = 0; i < sources.size(); ++i) {
      Ids text = options.start.empty() ? Ids{family == "t5" ? 0 : 2} : options.start;
      for (int64_t id : texts[i].ids) {
        Batch batch = support::random_batch({int64_t(sources[i].size())});
        batch.ids = at::tensor(sources[i], at::kLong);
        batch.target = at::tensor(text, at::kLong);
        batch.target_frame = make_frame({int64_t(text.size())});
        EXPECT_EQ(output(*model, batch)[-1].argmax().item<int64_t>(), id) << family;
        text.push_back(id);
      }
    }
  }
}

TEST(Writing, RefusesWhatItCannotBegin) {
  const auto refused = [](const std::string& family, const GenerateOptions& options,
                          std::initializer_list<std::string_view> says) {
    const auto model = writer(family);
    support::expect_error(
        ErrorKind::usage,
        [&] {
          generate(*model, {{4, 5}}, options);
        },
        says);
  };
  refused("mbart", {}, {"start", "is needed"});
  refused("t5", {.start = {30}}, {"outside the vocabulary of 30"});
  const auto reader = tiny_model(classes(2), tiny_family("bart"));
  support::expect_error(ErrorKind::usage,
                        [&] {
                          generate(*reader, {{4, 5}}, {});
                        },
                        {"the head 'seq2seq'", "bart has 'classify'"});
}

TEST(EncoderDecoder, HeadsOfOtherFamiliesAreRefused) {
  const auto refused = [](const std::string& family, HeadKind kind, std::initializer_list<std::string_view> says) {
    support::expect_error(
        ErrorKind::unsupported, [&] { tiny_model(HeadOptions{.kind = kind}, tiny_family(family)); }, says);
  };
  refused("t5", HeadKind::masked_lm, {"a t5 predicts a text from another", "its own is 'seq2seq'"});
  refused("bart", HeadKind::causal_lm, {"its own is 'seq2seq'"});
  refused("bert", HeadKind::seq2seq, {"its own is 'masked_lm'"});
  refused("bart", HeadKind::tokens, {"a bart has no head 'tokens'"});
}

TEST(EncoderDecoder, SettingsThatCannotBeBuiltAreRefused) {
  const auto refused = support::expect_refused_setting;
  refused("t5", "relative_attention_num_buckets", 3, {"\"relative_attention_num_buckets\" is 3; expected at least 4"});
  refused("t5", "relative_attention_max_distance", 3, {"is 3; expected more than half of the 6 buckets"});
  refused("t5", "decoder_start_token_id", 30, {"\"decoder_start_token_id\" is 30", "ids of the 30 pieces"});
  refused("t5", "is_decoder", true, {"only an encoder with its decoder"});
  refused("t5", "dropout_rate", 1, {"\"dropout_rate\" is 1; expected 0 to below 1"});
  refused("bart", "decoder_attention_heads", 5, {"\"d_model\" 12 is not a multiple of \"decoder_attention_heads\" 5"});
  refused("bart", "normalize_before", true, {"\"normalize_before\" is true; only false is supported"});
  refused("bart", "static_position_embeddings", true, {"only false is supported"});
  refused("bart", "decoder_layerdrop", 0.2, {"\"decoder_layerdrop\" is above 0"});
  refused("bart", "tie_word_embeddings", false, {"only true is supported"});
  refused("mbart", "normalize_before", false, {"only true is supported"});
  support::expect_error(ErrorKind::unsupported,
                        [&] {
                          nlohmann::json config = tiny_family("t5");
                          config["feed_forward_proj"] = "gated-swash";
                          make_model(config, "config.json");
                        },
                        {"activation 'swash' is unknown"});
}

}  // namespace
}  // namespace espalier
