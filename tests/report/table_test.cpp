#include "report/table.hpp"

#include "catch.hpp"

using namespace foretrain::report;

TEST_CASE("columns align, lines carry no trailing blanks") {
  Table table{{left("stage"), right("days"), left("note")}, {}};
  table.add({"pre-training", "54.2", ""});
  table.add_rule();
  table.add({"sft", "1.25", "packed"});
  table.add({"rl"});
  CHECK(to_text(table) ==
        "  stage         days  note\n"
        "  pre-training  54.2\n"
        "  --------------------------\n"
        "  sft           1.25  packed\n"
        "  rl\n");
}

TEST_CASE("untitled columns print no title line") {
  Table table{{left(""), right("")}, {}};
  table.add({"a", "1"});
  CHECK(to_text(table, 0) == "a  1\n");
}

TEST_CASE("a long last cell wraps under itself and stays on the page") {
  Table table{{left("cause"), left("how")}, {}};
  std::string how;
  for (int i = 0; i < 40; ++i) how += "word ";
  table.add({"x", how});
  const std::string text = to_text(table);
  std::size_t lines = 0, begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    CHECK(end - begin <= page_width);
    if (lines > 1) CHECK(text.compare(begin, 13, std::string(9, ' ') + "word") == 0);
    begin = end + 1;
    ++lines;
  }
  CHECK(lines == 3);
  table.wrap_last = false;
  CHECK(to_text(table).find("  x      word word") != std::string::npos);
}

TEST_CASE("text wraps at blanks; a word longer than the line stands alone") {
  CHECK(wrap("one two three", "- ", 9) == "- one two\n  three\n");
  CHECK(wrap("enormously x", "", 5) == "enormously\nx\n");
  CHECK(wrap("", "- ") == "- \n");
}
