# Samples a second of the designs in the package `sampling`.
#
#   Rscript designs.R PROBABILITIES SECONDS
#
# PROBABILITIES is a text file of inclusion probabilities, one a line. Each design draws for about SECONDS seconds.
# Prints lines of name,samples,seconds,inclusions of each unit.
suppressPackageStartupMessages(library(sampling))

arguments <- commandArgs(trailingOnly = TRUE)
pik <- scan(arguments[1], quiet = TRUE)
patience <- as.numeric(arguments[2])
size <- length(pik)
drawn <- round(sum(pik))

# What UPmaxentropy computes anew for each sample, once.
parameters <- UPMEpiktildefrompik(pik)
table <- UPMEqfromw(parameters / (1 - parameters), drawn)

draws <- list(
  "srs/srswor" = function() srswor(drawn, size),
  "pps_systematic/UPsystematic" = function() UPsystematic(pik),
  "pps_systematic_random/UPrandomsystematic" = function() UPrandomsystematic(pik),
  "conditional_poisson/UPmaxentropy" = function() UPmaxentropy(pik),
  "conditional_poisson/UPMEsfromq" = function() UPMEsfromq(table),
  "sampford/UPsampford" = function() UPsampford(pik, max_iter = 1e6)
)

set.seed(1)
for (name in names(draws)) {
  draw <- draws[[name]]
  inclusions <- draw()
  samples <- 1
  begun <- proc.time()[["elapsed"]]
  while ((passed <- proc.time()[["elapsed"]] - begun) < patience) {
    for (i in 1:10) inclusions <- inclusions + draw()
    samples <- samples + 10
  }
  cat(name, samples - 1, format(passed, digits = 8), paste(inclusions, collapse = " "), sep = ",")
  cat("\n")
}
cat("version", as.character(getRversion()), as.character(packageVersion("sampling")), "", sep = ",")
cat("\n")
