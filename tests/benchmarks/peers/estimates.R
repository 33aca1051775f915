# The samples of estimation_speed.py estimated with `survey`.
#
#   Rscript estimates.R FOLDER
#
# Only the estimation is timed, the design object included: it is made anew of every sample. Prints the version, the
# samples a second, and the standard error of each rate of each sample.
suppressPackageStartupMessages(library(survey))

folder <- commandArgs(trailingOnly = TRUE)[1]
rows <- read.csv(file.path(folder, "samples.csv"))
samples <- split(rows, rows$sample)

estimated <- function(data) {
  design <- svydesign(ids = ~village, strata = ~stratum, weights = ~weight, data = data)
  estimates <- list(
    wrong_exit = svyratio(~exit_wrong, ~exit_asked, design),
    missed = svyratio(~missed_wrong, ~missed_asked, design),
    approval = svyratio(~approves, ~household, design)
  )
  limits <- lapply(estimates, confint, df = degf(design))
  stopifnot(length(limits) == 3)
  vapply(estimates, function(estimate) as.numeric(SE(estimate)), 0)
}

invisible(estimated(samples[[1]]))
speeds <- numeric(5)
for (i in 1:5) {
  begun <- proc.time()[["elapsed"]]
  errors <- vapply(samples, estimated, numeric(3))
  speeds[i] <- length(samples) / (proc.time()[["elapsed"]] - begun)
}
cat("version,", as.character(packageVersion("survey")), "\nspeed,", format(median(speeds), digits = 8), "\n", sep = "")
for (k in seq_len(ncol(errors))) cat("errors,", paste(format(errors[, k], digits = 15), collapse = ","), "\n", sep = "")
