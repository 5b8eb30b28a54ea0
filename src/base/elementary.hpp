#pragma once
// Logarithm and exponential from additions, multiplications and divisions alone. IEEE 754 fixes the bits of
// those (and of sqrt); it does not fix std::log or std::exp, which differ in the last place between C
// libraries. Random draws use these, so that a seed gives the same numbers everywhere. Accurate to a few
// units in the last place; for formulas that feed no random stream, the standard's functions are faster and
// just as good.

namespace foretrain {

double natural_log(double x);               // x > 0 and normal; aborts otherwise
double natural_log_of_one_minus(double p);  // log(1 - p) for p in [0, 1), without losing a small p
double natural_exp(double x);               // 0 below -700; aborts above 700

}  // namespace foretrain
