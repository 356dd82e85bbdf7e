// The verbs, one file each. Each adds itself to the command line and, when chosen, leaves its work.
#pragma once

#include "espalier/cli/program.h"

namespace espalier {

void add_train(CLI::App& app, Work& work);
void add_evaluate(CLI::App& app, Work& work);
void add_predict(CLI::App& app, Work& work);
void add_embed(CLI::App& app, Work& work);
void add_generate(CLI::App& app, Work& work);
void add_merge(CLI::App& app, Work& work);
void add_convert(CLI::App& app, Work& work);
void add_compare(CLI::App& app, Work& work);
void add_report(CLI::App& app, Work& work);
void add_sweep(CLI::App& app, Work& work);
void add_show(CLI::App& app, Work& work);
void add_list(CLI::App& app, Work& work);
void add_doctor(CLI::App& app, Work& work);
void add_completion(CLI::App& app, Work& work);

}  // namespace espalier
