#pragma once
// Pieces of the command line that several commands share, and the commands that stand in files of their own.
// Left out: what CLI11 is, which only .cpp files see.

#include <optional>
#include <string>
#include <vector>

#include "cli/parse.hpp"

namespace CLI {
class App;
}

namespace foretrain::cli {

// An option with one value, taken as typed.
void add_text(CLI::App& app, const std::string& name, std::optional<std::string>& value, const char* type,
              const char* help);

// An option that may be given many times, one value each.
void add_texts(CLI::App& app, const char* name, std::vector<std::string>& values, const char* type,
               const char* help);

void add_calibrate(CLI::App& app, Command& command);
void add_topology(CLI::App& app, Command& command);
void add_network(CLI::App& app, Command& command);
void add_validate_kernels(CLI::App& validate, Command& command);
void add_validate_layer(CLI::App& validate, Command& command);
void add_export(CLI::App& app, Command& command);
void add_import_chakra(CLI::App& app, Command& command);

}  // namespace foretrain::cli
