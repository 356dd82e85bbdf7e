// parity_generate: driven by tools/parity/generate_parity.py, which states the contract.
#include <iostream>

#include "espalier/models/load.h"
#include "espalier/nn/tensor.h"
#include "tests/support/generate_case.h"

int main(int count, char** words) {
  using namespace espalier;
  if (count != 4) {
    std::cerr << "parity_generate FOLDER REQUESTS.json OUT.json\n";
    return 2;
  }
  try {
    MemoryLog log;
    const auto model = load_model(words[1], {}, log);
    nlohmann::json out = nlohmann::json::array();
    const nlohmann::json requests = nlohmann::json::parse(read_file(words[2]));
    const auto prompts = requests.at("prompts").get<std::vector<Ids>>();
    for (const nlohmann::json& options : requests.at("options")) {
      out.push_back(support::new_ids(*model, prompts, support::generate_options(options)));
    }
    write_file(words[3], out.dump());
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
