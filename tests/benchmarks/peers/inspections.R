# The inspections of peers/job.py in R: drawn with `sampling`, estimated with `survey`.
#
#   Rscript inspections.R FOLDER documented|fast DECIDED INTERVALS
#
# `documented` draws with sampling::strata, the verb the package documents for stratified samples; `fast` calls
# sampling::srswor for each stratum and block. Prints lines of key,value.
suppressPackageStartupMessages({
  library(survey)
  library(sampling)
})

arguments <- commandArgs(trailingOnly = TRUE)
times <- c(decided = as.integer(arguments[3]), intervals = as.integer(arguments[4]))

households <- read.csv(file.path(arguments[1], "households.csv"), encoding = "UTF-8")
plan <- read.csv(file.path(arguments[1], "plan.csv"))
number <- setNames(plan$value, plan$key)

exited <- households$group == "exited"
unregistered <- households$group == "unregistered"
households$exit_wrong <- households$wrong_persons * exited
households$exit_asked <- households$persons * exited
households$missed_wrong <- households$wrong_persons * unregistered
households$missed_asked <- households$persons * unregistered
households$household <- 1
counted <- as.matrix(households[c(
  "exit_wrong", "exit_asked", "missed_wrong", "missed_asked", "approves", "household"
)])
persons <- tapply(households$persons, households$group, sum)

# A block is one group of one village.
label <- paste(households$village, households$group)
households$block <- match(label, unique(label))
block_first <- !duplicated(households$block)
available <- tabulate(households$block)
take <- pmin(number[paste0("take.", households$group[block_first])], available)
villages <- unique(households[c("village", "stratum")])
rows_of_block <- split(seq_len(nrow(households)), households$block)
blocks_of_village <- split(households$block[block_first], households$village[block_first])
villages_of_stratum <- split(villages$village, villages$stratum)

draw_documented <- function() {
  drawn <- number[paste0("drawn.", unique(villages$stratum))]
  first <- strata(villages, "stratum", size = drawn, method = "srswor")
  listed <- which(households$village %in% villages$village[first$ID_unit])
  second <- strata(households[listed, ], "block", size = take[unique(households$block[listed])], method = "srswor")
  listed[second$ID_unit]
}

draw_fast <- function() {
  drawn <- unlist(lapply(names(villages_of_stratum), function(name) {
    members <- villages_of_stratum[[name]]
    members[srswor(number[[paste0("drawn.", name)]], length(members)) == 1]
  }))
  blocks <- unlist(blocks_of_village[as.character(drawn)], use.names = FALSE)
  unlist(lapply(blocks, function(b) rows_of_block[[b]][srswor(take[[b]], available[[b]]) == 1]), use.names = FALSE)
}

draw <- list(documented = draw_documented, fast = draw_fast)[[arguments[2]]]

decided <- function() {
  sums <- colSums(counted[draw(), ])
  wrong_exit <- sums[["exit_wrong"]] / sums[["exit_asked"]]
  missed <- sums[["missed_wrong"]] / sums[["missed_asked"]]
  found <- persons[["remaining"]] + wrong_exit * persons[["exited"]] + missed * persons[["unregistered"]]
  c(
    wrong_exit = wrong_exit > number[["limit.wrong_exit"]],
    missed = missed > number[["limit.missed"]],
    incidence = found / sum(persons) > number[["limit.incidence"]],
    approval = sums[["approves"]] / sums[["household"]] < number[["limit.approval"]]
  )
}

# Weights of 1 make the raw rates; villages are the clusters, as if drawn with replacement.
intervals <- function() {
  design <- svydesign(ids = ~village, strata = ~stratum, weights = ~1, data = households[draw(), ])
  estimates <- list(
    wrong_exit = svyratio(~exit_wrong, ~exit_asked, design),
    missed = svyratio(~missed_wrong, ~missed_asked, design),
    approval = svymean(~approves, design)
  )
  limits <- lapply(estimates, confint, df = degf(design))
  stopifnot(length(limits) == 3)
  vapply(estimates, function(estimate) as.numeric(SE(estimate)), 0)
}

# The median speed of five parts, after one inspection to warm up.
timed <- function(inspect, times) {
  inspect()
  part <- max(1, times %/% 5)
  rows <- list()
  speeds <- numeric(5)
  for (i in 1:5) {
    begun <- proc.time()[["elapsed"]]
    rows[[i]] <- replicate(part, inspect())
    speeds[i] <- part / (proc.time()[["elapsed"]] - begun)
  }
  list(speed = median(speeds), inspections = 5 * part, means = rowMeans(do.call(cbind, rows)))
}

set.seed(1)
found <- list(decided = timed(decided, times[["decided"]]), intervals = timed(intervals, times[["intervals"]]))

say <- function(key, value) cat(key, ",", format(value, digits = 8), "\n", sep = "")
say("version.R", as.character(getRversion()))
say("version.survey", as.character(packageVersion("survey")))
say("version.sampling", as.character(packageVersion("sampling")))
for (job in names(found)) {
  say(paste0("speed.", job), found[[job]]$speed)
  say(paste0("inspections.", job), as.integer(found[[job]]$inspections))
}
for (name in names(found$decided$means)) say(paste0("failed.", name), found$decided$means[[name]])
for (name in names(found$intervals$means)) say(paste0("error.", name), found$intervals$means[[name]])
