#include "spec/read.hpp"

namespace foretrain::spec {

cost::PriceSpec read_prices(Reader& reader) {
  cost::PriceSpec prices;
  prices.gpu = reader.sourced<DollarRate>("gpu", Measure::price, "rental of one GPU, as in 2 USD/h");
  reader.finish();
  return prices;
}

}  // namespace foretrain::spec
