#include "cli/parse_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/diagnostic.hpp"

namespace foretrain::cli {

void add_text(CLI::App& app, const std::string& name, std::optional<std::string>& value, const char* type,
              const char* help) {
  const auto take = [&value, name](const CLI::results_t& typed) {
    if (typed.size() > 1)
      throw SpecError({without_place(fmt::format("{} is given {} times", name, typed.size()))});
    value = typed.front();
    return true;
  };
  app.add_option(name, take, help)->type_name(type)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_texts(CLI::App& app, const char* name, std::vector<std::string>& values, const char* type,
               const char* help) {
  app.add_option(name, values, help)->type_name(type)->allow_extra_args(false);
}

}  // namespace foretrain::cli
