#pragma once
// A calibration as files: a part that stands on the base part and replaces the curves that were fitted, the
// launch gap and the collectives among them, and a
// table beside it for each grid. Reading the part gives the base with the new curves. Left out: writing to
// disk, which is the caller's, whole or not at all.
//
// The part names its base by a path relative to itself; the two travel together.

#include <optional>
#include <string>
#include <vector>

#include "calibrate/calibrate.hpp"

namespace foretrain::calibrate {

struct PartFile {
  std::string path, text;
};

// In the order in which they should be written: the part comes last and names only what is there already.
// `base_path`: the file that the base was read from. Throws SpecError when the part would stand on itself.
std::vector<PartFile> write_part(const Calibration& calibration, const std::string& base_path,
                                 const std::string& part_path);

// The host's part that stands on `base_path`, with the rates of copies that were kept; nothing when there are
// none. `part_path` is that of the GPU's part: the host's is PART_host.yaml beside it.
std::optional<PartFile> write_host(const Calibration& calibration, const std::string& base_path,
                                   const std::string& part_path);

}  // namespace foretrain::calibrate
