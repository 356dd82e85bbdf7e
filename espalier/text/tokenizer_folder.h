// A Hugging Face folder on its way to a tokenizer: its files and settings, and the tokens that have a role.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "espalier/base/files.h"
#include "espalier/text/pipeline.h"

namespace espalier {

/// A role, as tokenizer_config.json names it, and its token: {"pad_token", "<pad>"}.
using RoleTokens = std::vector<std::pair<std::string, std::string>>;

/// What the folder holds; absent files are empty objects.
struct TokenizerFolder {
  fs::path path;
  std::map<std::string, std::string> files = {};
  nlohmann::json config = nlohmann::json::object(), roles = nlohmann::json::object();
  RoleTokens usual = {};  ///< of the tokenizer's family, where no file names others

  std::string place(const std::string& name) const { return (path / name).string(); }
  std::string settings() const { return place("tokenizer_config.json"); }
  /// Reads a file into `files`; false where it is absent.
  bool take(const std::string& name);
  /// tokenizer_class of tokenizer_config.json, else model_type of config.json, else nothing.
  std::string family_name() const;

  /// The token that a file names for a role.
  std::optional<std::string> named_token(std::string_view role) const;
  /// That, or the family's usual one, or nothing.
  std::string token_of(std::string_view role) const;
  /// The tokens of all usual roles as files say that they are matched; else `mask_takes_space` says whether the mask token takes
  /// the white space before it.
  std::vector<AddedToken> role_tokens(bool mask_takes_space) const;
};

/// The role tokens that the vocabulary has, and the further ones that tokenizer_config.json lists by id.
std::vector<AddedToken> added_tokens_of(const TokenizerFolder& folder, const std::vector<AddedToken>& roles,
                                        const TokenModel& model);
/// The id of a role's token; an Error at `place` where the vocabulary lacks it.
int32_t needed_id(const TokenizerFolder& folder, std::string_view role, const TokenModel& model, const std::string& place);

// From the old files of one kind, of which the first is in folder.files; they note the usual roles.
std::unique_ptr<Pipeline> read_vocab_txt(TokenizerFolder& folder);     ///< WordPiece: vocab.txt
std::unique_ptr<Pipeline> read_vocab_json(TokenizerFolder& folder);    ///< byte-level BPE: vocab.json and merges.txt
std::unique_ptr<Pipeline> read_spiece_model(TokenizerFolder& folder);  ///< Unigram: spiece.model

}  // namespace espalier
