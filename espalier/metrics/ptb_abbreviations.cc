// Probed from CoreNLP 3.4.1, word by word.
#include "espalier/metrics/ptb_abbreviations.h"

#include <string>
#include <unordered_set>

#include "espalier/base/text.h"

namespace espalier {
namespace {

using Words = std::unordered_set<std::string>;

Words words(std::string_view list) {
  Words set;
  for (std::string& word : split(list, ' ')) set.insert(std::move(word));
  return set;
}

}  // namespace

bool ptb_abbreviation(std::string_view word) {
  static const Words kAnyCase = words(
      "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri ala ariz calif colo conn ct dak fla ga "
      "ind "
      "kan kans ky md mich minn mo mont neb nev okla penn tenn va vt wis wisc wyo inc co cos corp ltd plc bancorp dept bhd assn "
      "univ intl sys rt ph jr sr bros blvd rd esq mr mrs ms dr drs prof profs sen sens rep reps atty attys lt col gen messrs gov "
      "govs adm rev maj sgt cpl pvt capt st ste ave pres lieut hon brig comdr cmdr pfc spc supt supts det mt ft adj adv asst "
      "assoc ens insp mlle mme msgr sfc invt elec natl wm jos cie cf treas vs v etc al seq bldg tel est ext sq");
  // Those that are common words or written in one way only.
  static const Words kAsWritten = words(
      "Az AZ Ark ARK Del DEL Ill ILL La LA Mass MASS Miss MISS Ore ORE Pa PA Tex TEX Wash WASH pty Pty pte Pte ptys Ptys ptes "
      "Ptes "
      "mfg Mfg mtg Mtg");
  return kAnyCase.contains(lower_ascii(word)) || kAsWritten.contains(std::string(word));
}

bool ptb_abbreviation_before_number(std::string_view word) {
  static const Words kWords = words("no nos prop ca fig figs art pp op");
  return kWords.contains(lower_ascii(word));
}

bool begins_sentence(std::string_view word) {
  static const Words kWords = words(
      "A About According Additionally After An As At But He Her Here However If In It Last Many More Now Once One Other Our She "
      "Since So Some Such That The Their Then There These They This We What When While Yet You");
  return kWords.contains(std::string(word));
}

}  // namespace espalier
