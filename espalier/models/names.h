// Names: one table per family, ours <-> upstream's, used both when reading and when writing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace espalier {

/// Which heads of ours a rule is for, where upstream calls the same part of two heads differently.
enum class HeadUse : uint8_t { any, sequence, tokens, masked_lm, causal_lm, teacher, seq2seq };

/// `{i}` stands for a number in both. Both are module paths; the last part of a tensor's name ("weight", "bias") is kept,
/// unless the rule is `exact`, which names one tensor.
struct NameRule {
  std::string ours;    ///< "encoder.{i}.attention.query"
  std::string theirs;  ///< "encoder.layer.{i}.attention.self.query"
  bool base = true;    ///< stands under upstream's base prefix
  bool exact = false;
  HeadUse head = HeadUse::any;
};

/// One linear layer of upstream that is several of ours, row after row: GPT-2's c_attn is query, key and value.
struct FusedRule {
  std::string theirs;             ///< "h.{i}.attn.c_attn"
  std::vector<std::string> ours;  ///< in the order of upstream's output rows
};

struct NameTable {
  std::string prefix;  ///< "bert.": upstream's base prefix, which files may lack
  std::vector<NameRule> rules;
  std::vector<std::string> ignored;  ///< patterns of upstream tensors that carry nothing: position_ids, copies of tied weights
  std::vector<std::string> other_heads;  ///< patterns of upstream tensors of heads that may stand unused in a file
  std::vector<std::string> optional;     ///< patterns of ours that a file may lack when nothing uses them
  std::vector<FusedRule> fused = {};     ///< under the base prefix
  std::map<std::string, std::vector<int64_t>> shapes = {};  ///< of our parameters that upstream stores in another shape
  std::vector<std::string> transposed = {};  ///< patterns of upstream tensors that are stored [in, out], base prefix left out
  std::vector<HeadUse> unprefixed = {};      ///< heads of classes that write no base prefix
  std::string other_prefix = {};             ///< the base prefix that such a class's files may have nevertheless
};

/// Where a parameter of ours stands in upstream's file.
struct Stored {
  std::string name;                     ///< the tensor's, prefix included
  bool transposed = false;              ///< [in, out] there
  std::vector<std::string> parts = {};  ///< of a fused layer: our parameters, in the order of its output rows; else empty
  std::vector<int64_t> shape = {};      ///< there, of the same numbers in the same order; empty = ours
};

/// One list after the other.
std::vector<NameRule> all_rules(std::vector<NameRule> first, const std::vector<NameRule>& then);
/// The table for a model with a head of that use: rules of other heads are left out. `any`: all rules, which read upstream's
/// names under any head.
NameTable under_head(const NameTable& table, HeadUse use);

/// Our parameter path ("….weight") -> upstream's full tensor name, prefix included; nullopt when no rule fits.
std::optional<std::string> upstream_tensor(const NameTable& table, const std::string& ours);
/// Our parameter path -> its place in upstream's file, alone or in a fused layer; nullopt when no rule fits.
std::optional<Stored> stored(const NameTable& table, const std::string& ours);
/// Our module path -> upstream's module path, as PEFT's target_modules and keys name it, prefix included.
std::optional<std::string> upstream_module(const NameTable& table, const std::string& ours);
/// Upstream's module path, with or without prefix -> ours.
std::optional<std::string> our_module(const NameTable& table, const std::string& theirs);
/// Upstream's fused layer, with or without prefix -> our modules in the order of its output rows; empty when it is none.
std::vector<std::string> our_parts(const NameTable& table, const std::string& theirs);
/// One of our modules -> the fused layer of upstream's that holds it, prefix included.
std::optional<std::string> upstream_fused(const NameTable& table, const std::string& ours);

}  // namespace espalier
