# Makes data/sampling_designs.json: probabilities, and frequencies where R has no formula, from the package `sampling`.
#
#   Rscript tests/reference/make_design_fixtures.R
#
# Everything is printed to 17 digits. Samples are drawn from the seed below, so the file comes out the same again.
suppressPackageStartupMessages({
  library(sampling)
  library(jsonlite)
})

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))

# Sizes that look like villages: a few numbers made by arithmetic, so that they are the same everywhere.
sizes <- function(count) 100 + (37 * seq_len(count)^2) %% 401

frames <- list(
  six = c(0.07, 0.17, 0.41, 0.61, 0.83, 0.91),
  ten = inclusionprobabilities(sizes(10), 4),
  many = inclusionprobabilities(sizes(24), 7)
)

joint <- lapply(frames, function(pik) {
  list(
    pik = pik,
    conditional_poisson = UPmaxentropypi2(pik),
    sampford = UPsampfordpi2(pik),
    pps_systematic = UPsystematicpi2(pik)
  )
})

# The parameters of the Poisson design that, given its size, has the wanted probabilities.
poisson <- UPMEpiktildefrompik(frames$six, eps = 1e-12)

proportional <- list(
  list(size = sizes(9), drawn = 3),
  list(size = c(1, 2, 3, 30, 10, 4), drawn = 3),
  list(size = c(5, 1000, 20, 900, 7, 40, 40), drawn = 5)
)
proportional <- lapply(proportional, function(case) {
  c(case, list(chance = inclusionprobabilities(case$size, case$drawn)))
})

set.seed(20190711)
draws <- 200000
pairs <- matrix(0, 6, 6)
for (i in seq_len(draws)) {
  drawn <- UPrandomsystematic(frames$six)
  pairs <- pairs + outer(drawn, drawn)
}

write_json(
  list(
    about = "Made by make_design_fixtures.R; joint probabilities are N x N with the first-order ones on the diagonal.",
    R = as.character(getRversion()),
    sampling = as.character(packageVersion("sampling")),
    joint = joint,
    poisson_parameters = list(pik = frames$six, values = poisson),
    proportional_to_size = proportional,
    random_systematic = list(pik = frames$six, draws = draws, pairs = pairs)
  ),
  file.path(folder, "data", "sampling_designs.json"),
  digits = I(17), auto_unbox = TRUE, pretty = FALSE
)
