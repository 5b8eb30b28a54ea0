#pragma once
// The rules of the house, each a function from sources to faults. What they let pass is no proof of order:
// they read text, not C++, and stop the mistakes that are easy to make and hard to see in a review.

#include <map>
#include <set>

#include "house/source.hpp"

namespace house {

using Floors = std::map<std::string, std::set<std::string>>;  // floor -> floors that it may include

inline Floors parse_floors(const std::string& text) {
  Floors floors;
  for (const std::string& line : make_source("", text).lines) {
    const auto colon = line.find(':');
    if (starts_with(line, "#") || colon == std::string::npos) continue;
    std::set<std::string>& allowed = floors[trim(line.substr(0, colon))];
    std::string word;
    for (const char c : line.substr(colon + 1) + " ") {
      if (c != ' ')
        word += c;
      else if (!word.empty())
        allowed.insert(word), word.clear();
    }
  }
  return floors;
}

// "src/plan/plan.hpp" -> "plan"; files directly in src (main.cpp) -> "".
inline std::string floor_of(const std::string& path) {
  const auto begin = path.find('/') + 1;
  const auto end = path.find('/', begin);
  return end == std::string::npos ? "" : path.substr(begin, end - begin);
}

// The path between the quotes or brackets of an #include line, with its opening mark; "" for other lines.
inline std::string included(const std::string& code) {
  const std::string line = trim(code);
  if (!starts_with(line, "#include")) return "";
  const auto open = line.find_first_of("\"<");
  const auto close = line.find_first_of("\">", open == std::string::npos ? open : open + 1);
  return close == std::string::npos ? "" : line.substr(open, close - open);
}

template <class Body>  // body(line as code, line number): calls it for every line of the file
void each_line(const Source& source, Body body) {
  for (std::size_t i = 0; i < source.code.size(); ++i) body(source.code[i], i + 1);
}

// A file includes its own floor and those its line of floors.txt names; main.cpp what cli may, and cli.
inline std::vector<Fault> climbing_includes(const std::vector<Source>& sources, const Floors& floors) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    const std::string own = floor_of(s.path).empty() ? "cli" : floor_of(s.path);
    if (!floors.count(own))
      faults.push_back({s.path, 1, "floor " + own + " has no line in tests/house/floors.txt"});
    each_line(s, [&](const std::string& line, std::size_t number) {
      const std::string path = included(line);
      if (!starts_with(path, "\"")) return;
      const std::string target = path.substr(1, path.find('/') - 1);
      if (path.find('/') == std::string::npos || starts_with(target, ".")) {
        faults.push_back(
            {s.path, number, "include " + path.substr(1) + " by its path from src/, as \"floor/file.hpp\""});
      } else if (!floors.count(target)) {
        faults.push_back({s.path, number, "no floor is called " + target});
      } else if (target != own && floors.count(own) && !floors.at(own).count(target)) {
        faults.push_back({s.path, number, own + " may not include " + target + " (tests/house/floors.txt)"});
      }
    });
  }
  return faults;
}

// Headers that include one another in a circle, found by walking the includes depth first.
inline std::vector<Fault> include_cycles(const std::vector<Source>& sources) {
  std::map<std::string, const Source*> by_path;
  for (const Source& s : sources) by_path[s.path] = &s;
  std::vector<Fault> faults;
  std::set<std::string> done, open;
  auto visit = [&](auto&& self, const Source& s) -> void {
    open.insert(s.path);
    each_line(s, [&](const std::string& line, std::size_t number) {
      const std::string path = included(line);
      const auto next = by_path.find(path.empty() ? "" : "src/" + path.substr(1));
      if (next == by_path.end() || done.count(next->first)) return;
      if (open.count(next->first))
        faults.push_back({s.path, number, "includes in a circle: " + path.substr(1)});
      else
        self(self, *next->second);
    });
    open.erase(s.path);
    done.insert(s.path);
  };
  for (const Source& s : sources) {
    if (!done.count(s.path)) visit(visit, s);
  }
  return faults;
}

// Floors whose lines allow one another, directly or around corners: the plan itself must point one way.
inline std::vector<Fault> circular_floors(const Floors& floors) {
  std::vector<Fault> faults;
  for (const auto& [name, direct] : floors) {
    std::set<std::string> below;
    std::vector<std::string> todo(direct.begin(), direct.end());
    while (!todo.empty()) {
      const std::string next = todo.back();
      todo.pop_back();
      if (!floors.count(next))
        faults.push_back({"tests/house/floors.txt", 1, name + " names an unknown floor " + next});
      else if (below.insert(next).second)
        todo.insert(todo.end(), floors.at(next).begin(), floors.at(next).end());
    }
    if (below.count(name)) faults.push_back({"tests/house/floors.txt", 1, name + " stands on itself"});
  }
  return faults;
}

inline std::vector<Fault> oversized(const std::vector<Source>& sources, std::size_t lines,
                                    std::size_t columns,
                                    const std::map<std::string, std::string>& exceptions) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    if (s.lines.size() > lines && !exceptions.count(s.path)) {
      faults.push_back(
          {s.path, lines + 1,
           "file has " + std::to_string(s.lines.size()) + " lines, more than " + std::to_string(lines)});
    }
    for (std::size_t i = 0; i < s.lines.size(); ++i) {
      const auto continues = [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
      };  // UTF-8
      const auto hidden =
          static_cast<std::size_t>(std::count_if(s.lines[i].begin(), s.lines[i].end(), continues));
      if (s.lines[i].size() - hidden > columns)
        faults.push_back({s.path, i + 1, "line is longer than " + std::to_string(columns) + " characters"});
    }
  }
  return faults;
}

// A word that code may not use, except in the floors or files listed.
struct Ban {
  std::string word, why;
  std::vector<std::string> except = {};  // floors ("cli") or paths ("src/base/check.cpp")
};
inline std::vector<Fault> banned_words(const std::vector<Source>& sources, const std::vector<Ban>& bans) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    for (const Ban& ban : bans) {
      const auto is_here = [&](const std::string& e) { return e == s.path || e == floor_of(s.path); };
      if (std::any_of(ban.except.begin(), ban.except.end(), is_here)) continue;
      each_line(s, [&](const std::string& line, std::size_t number) {
        if (has_word(line, ban.word)) faults.push_back({s.path, number, ban.word + ": " + ban.why});
      });
    }
  }
  return faults;
}

// Words that no text of the project holds, comments and documents included.
inline std::vector<Fault> banned_texts(const std::vector<Source>& sources, const std::vector<Ban>& bans) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    for (const Ban& ban : bans) {
      for (std::size_t i = 0; i < s.lines.size(); ++i) {
        if (has_word(s.lines[i], ban.word)) faults.push_back({s.path, i + 1, ban.word + ": " + ban.why});
      }
    }
  }
  return faults;
}

// Type names that say nothing: XManager, XHelper, XImpl, XUtils, XBase.
inline std::vector<Fault> empty_names(const std::vector<Source>& sources) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    if (s.path.find("util") != std::string::npos || s.path.find("helper") != std::string::npos) {
      faults.push_back({s.path, 1, "a file is named for its main noun"});
    }
    each_line(s, [&](const std::string& line, std::size_t number) {
      for (const std::string keyword : {"struct", "class", "using"}) {
        const auto at = find_word(line, keyword);
        if (at == std::string::npos) continue;
        auto begin = line.find_first_not_of(' ', at + keyword.size());
        auto end = begin;
        while (end != std::string::npos && end < line.size() && is_word(line[end])) ++end;
        if (begin == std::string::npos) continue;
        const std::string name = line.substr(begin, end - begin);
        for (const std::string tail : {"Manager", "Helper", "Helpers", "Impl", "Util", "Utils", "Base"}) {
          if (ends_with(name, tail))
            faults.push_back({s.path, number, name + ": " + tail + " says nothing about a type"});
        }
      }
    });
  }
  return faults;
}

// Heavy headers: only in the .cpp files of the floor that is built around them.
inline std::vector<Fault> heavy_headers(const std::vector<Source>& sources,
                                        const std::map<std::string, std::string>& homes) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    each_line(s, [&](const std::string& line, std::size_t number) {
      const std::string path = included(line);
      for (const auto& [prefix, floor] : homes) {
        if (path.empty() || !starts_with(path.substr(1), prefix)) continue;
        if (!ends_with(s.path, ".cpp") || floor_of(s.path) != floor) {
          faults.push_back({s.path, number, prefix + " is a heavy header: only in .cpp files of " + floor});
        }
      }
    });
  }
  return faults;
}

// Exceptions: only SpecError, but for the files listed with a reason.
inline std::vector<Fault> other_exceptions(const std::vector<Source>& sources,
                                           const std::map<std::string, std::string>& exceptions) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    if (exceptions.count(s.path)) continue;
    each_line(s, [&](const std::string& line, std::size_t number) {
      if (has_word(line, "throw") && !has_word(line, "SpecError")) {
        faults.push_back({s.path, number, "throw: only SpecError; check() is for our own mistakes"});
      }
    });
  }
  return faults;
}

// `static` that is neither a function nor constant, and `using namespace` in a header.
inline std::vector<Fault> hidden_state(const std::vector<Source>& sources) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    each_line(s, [&](const std::string& line, std::size_t number) {
      const bool constant =
          has_word(line, "const") || has_word(line, "constexpr") || has_word(line, "consteval");
      const auto at = find_word(line, "static");
      const auto stop = line.find_first_of("({=;", at == std::string::npos ? 0 : at);
      if (at != std::string::npos && !constant && (stop == std::string::npos || line[stop] != '(')) {
        faults.push_back({s.path, number, "static that is not const: state lives in one function call"});
      }
      if (ends_with(s.path, ".hpp") && has_word(line, "using namespace")) {
        faults.push_back({s.path, number, "using namespace in a header"});
      }
    });
  }
  return faults;
}

// `#pragma once`, then a paragraph: what this is, what it leaves out.
inline std::vector<Fault> silent_headers(const std::vector<Source>& sources) {
  std::vector<Fault> faults;
  for (const Source& s : sources) {
    if (!ends_with(s.path, ".hpp")) continue;
    std::size_t words = 0;
    std::size_t i = 1;
    for (; i < s.lines.size() && starts_with(s.lines[i], "//"); ++i) {
      words += static_cast<std::size_t>(std::count(s.lines[i].begin(), s.lines[i].end(), ' '));
    }
    if (s.lines.empty() || s.lines[0] != "#pragma once")
      faults.push_back({s.path, 1, "a header begins with #pragma once"});
    else if (words < 6)
      faults.push_back({s.path, 2, "a header opens with a paragraph: what it is, what it leaves out"});
  }
  return faults;
}

// Every floor of floors.txt and every folder of src has its paragraph ("**floor** ...") in src/README.md.
inline std::vector<Fault> undescribed_floors(const std::set<std::string>& names, const Source& readme) {
  std::vector<Fault> faults;
  for (const std::string& name : names) {
    const auto opens = [&](const std::string& line) {
      return starts_with(line, "**" + name + "**") && line.size() > name.size() + 20;
    };
    if (std::none_of(readme.lines.begin(), readme.lines.end(), opens)) {
      faults.push_back({readme.path, 1, "no paragraph opens with **" + name + "**"});
    }
  }
  return faults;
}

}  // namespace house
