# Makes data/survey_estimates.json, data/apiclus2.json and data/pbc.json: what the package `survey` estimates.
#
#   Rscript tests/reference/make_survey_fixtures.R
#
# It reads data/county_draws.json (make_county_draws.py). Numbers are printed to 17 digits; nothing here is random but
# the bootstrap weights, whose seed is below.
suppressPackageStartupMessages({
  library(survey)
  library(jsonlite)
})

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
path <- function(name) file.path(folder, "data", name)
set.seed(20190711)

plain <- function(m) unname(as.matrix(m))
both <- function(x) list(value = as.numeric(coef(x)), covariance = plain(vcov(x)))
# Ratios of numerators to their own denominators, with their covariance: the diagonal of svyratio's table.
own_ratios <- function(numerators, denominators, design) {
  found <- svyratio(numerators, denominators, design, covmat = TRUE)
  k <- nrow(found$ratio)
  pick <- (seq_len(k) - 1) * k + seq_len(k)
  list(value = found$ratio[cbind(seq_len(k), seq_len(k))], covariance = plain(vcov(found)[pick, pick]))
}
replicated <- function(numerator, denominator, design) {
  design$mse <- FALSE
  about_mean <- as.numeric(SE(svyratio(numerator, denominator, design)))
  design$mse <- TRUE
  list(about_mean = about_mean, about_estimate = as.numeric(SE(svyratio(numerator, denominator, design))))
}

# --- the California schools ------------------------------------------------------------------------
data(api)
strat <- svydesign(id = ~1, strata = ~stype, fpc = ~fpc, data = apistrat)
strat$variables$high <- as.numeric(apistrat$api00 > 700)
clus1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
clus2 <- svydesign(id = ~ dnum + snum, fpc = ~ fpc1 + fpc2, data = apiclus2)
domains <- function(design, by) {
  found <- svyby(~api.stu, by, design, svyratio, denominator = ~enroll, covmat = TRUE)
  list(value = as.numeric(coef(found)), covariance = plain(vcov(found)))
}
complete2 <- subset(clus2, !is.na(enroll))
schools <- list(
  apistrat = list(
    means = both(svymean(~ api00 + enroll, strat)),
    totals = both(svytotal(~ enroll + api.stu, strat)),
    ratio = both(svyratio(~api.stu, ~enroll, strat)),
    domains = domains(strat, ~ high),
    jkn = replicated(~api.stu, ~enroll, as.svrepdesign(strat, type = "JKn"))
  ),
  apiclus1 = list(
    means = both(svymean(~ api00 + enroll, clus1)),
    totals = both(svytotal(~ enroll + api.stu, clus1)),
    ratio = both(svyratio(~api.stu, ~enroll, clus1)),
    jk1 = replicated(~api.stu, ~enroll, as.svrepdesign(clus1, type = "JK1"))
  ),
  apiclus2 = list(
    means = both(svymean(~api00, clus2)),
    ratio = both(svyratio(~api.stu, ~enroll, complete2)),
    totals = both(svytotal(~ enroll + api.stu, complete2)),
    domains = domains(complete2, ~stype)
  )
)
write_json(
  list(
    source = "California API 2000 two-stage cluster sample 'apiclus2' as distributed with R package survey; enroll and api_stu are null where not known",
    columns = c("dnum", "snum", "stype", "api00", "enroll", "api_stu", "fpc1", "fpc2"),
    rows = unname(lapply(seq_len(nrow(apiclus2)), function(i) {
      unname(as.list(transform(apiclus2, stype = as.character(stype))[i, c("dnum", "snum", "stype", "api00", "enroll", "api.stu", "fpc1", "fpc2")]))
    }))
  ),
  path("apiclus2.json"), auto_unbox = TRUE, na = "null", digits = NA
)

# --- the example county ----------------------------------------------------------------------------
county <- fromJSON(path("county_draws.json"), simplifyVector = FALSE)
table_of <- function(rows, columns) {
  d <- as.data.frame(matrix(unlist(rows), ncol = length(columns), byrow = TRUE))
  names(d) <- unlist(columns)
  d$hh <- seq_len(nrow(d))
  d$m <- ave(d$village, d$stratum, FUN = function(v) length(unique(v)))
  d$n <- ave(d$hh, d$village, d$group, FUN = length)
  d$w <- d$stratum_villages / d$m * d$block_households / d$n
  d$dE <- d$wrong * (d$group == 0); d$sE <- d$persons * (d$group == 0)
  d$dN <- d$wrong * (d$group == 2); d$sN <- d$persons * (d$group == 2)
  d$aE <- d$approves * (d$group == 0); d$hE <- as.numeric(d$group == 0)
  d$one <- 1
  d
}
P <- unlist(county$group_persons)
shares <- P / sum(P)

four <- function(design) {
  rates <- own_ratios(~ dE + dN, ~ sE + sN, design)
  a <- shares[c(1, 3)]
  found <- svyratio(~ dE + dN, ~ sE + sN, design, covmat = TRUE)
  coefficients <- numeric(4)
  coefficients[c(1, 4)] <- a
  incidence <- svycontrast(found, list(incidence = coefficients))
  list(
    rates = rates,
    incidence = list(value = as.numeric(coef(incidence)) + shares[2], variance = as.numeric(vcov(incidence))),
    approval = both(svymean(~approves, design)),
    # Shared households: wrong exits and approval of the same exited households.
    exited = own_ratios(~ dE + aE, ~ sE + hE, design),
    totals = both(svytotal(~ dE + dN, design))
  )
}
domain_rates <- function(design, by) {
  found <- svyby(~dN, by, design, svyratio, denominator = ~sN, covmat = TRUE)
  list(labels = as.numeric(found[[1]]), value = as.numeric(coef(found)), covariance = plain(vcov(found)))
}
lonely_rules <- c("remove", "certainty", "adjust", "average")

inspected <- function(name) {
  d <- table_of(county$inspections[[name]]$rows, county$columns)
  raw <- svydesign(id = ~village, strata = ~stratum, weights = ~one, data = d)
  weighted <- svydesign(id = ~village, strata = ~stratum, weights = ~w, data = d)
  if (any(d$m == 1)) {
    corrected <- svydesign(id = ~village, strata = ~stratum, fpc = ~stratum_villages, weights = ~w, data = d)
    result <- lapply(lonely_rules, function(rule) {
      options(survey.lonely.psu = rule)
      list(weighted = own_ratios(~ dE + dN, ~ sE + sN, weighted), corrected = own_ratios(~ dE + dN, ~ sE + sN, corrected),
           total = both(svytotal(~dE, weighted)))
    })
    options(survey.lonely.psu = "fail")
    names(result) <- lonely_rules
    return(list(lonely = result))
  }
  # A block that gave one household adds nothing to the second stage (METHODS 2.4), which is R's rule "remove".
  options(survey.lonely.psu = "remove")
  two_stage <- svydesign(id = ~ village + hh, strata = ~ stratum + group, fpc = ~ stratum_villages + block_households, data = d)
  stopifnot(all.equal(unname(weights(two_stage)), d$w))
  result <- list(
    raw = four(raw), weighted = four(weighted), two_stage = four(two_stage),
    remote = domain_rates(weighted, ~stratum), townships = domain_rates(weighted, ~township),
    remote_two_stage = domain_rates(two_stage, ~stratum)
  )
  options(survey.lonely.psu = "fail")
  if (all(d$m < d$stratum_villages)) {
    jkn <- as.svrepdesign(weighted, type = "JKn")
    corrected <- svydesign(id = ~village, strata = ~stratum, fpc = ~stratum_villages, weights = ~w, data = d)
    unstratified <- svydesign(id = ~village, weights = ~w, data = d)
    boot <- as.svrepdesign(weighted, type = "subbootstrap", replicates = 12)
    first <- !duplicated(d$village)
    # Two neighbouring villages of a stratum make a pair; an odd one is left out.
    place <- ave(d$village, d$stratum, FUN = function(v) match(v, sort(unique(v))))
    paired <- d[place <= 2 * (d$m %/% 2), ]
    paired$pair <- paired$stratum * 1000 + (place[place <= 2 * (d$m %/% 2)] - 1) %/% 2
    halves <- as.svrepdesign(svydesign(id = ~village, strata = ~pair, weights = ~w, data = paired), type = "BRR")
    paired_first <- !duplicated(paired$village)
    result$jkn <- replicated(~dE, ~sE, jkn)
    result$jkn_corrected <- replicated(~dE, ~sE, as.svrepdesign(corrected, type = "JKn"))
    result$jk1 <- replicated(~dE, ~sE, as.svrepdesign(unstratified, type = "JK1"))
    result$bootstrap <- list(
      factors = plain(weights(boot, type = "replication")[first, ]), villages = d$village[first],
      se = replicated(~dE, ~sE, boot)
    )
    result$brr <- list(
      factors = plain(weights(halves, type = "replication")[paired_first, ]), villages = paired$village[paired_first],
      pair = paired$pair[paired_first], se = replicated(~dE, ~sE, halves), total = as.numeric(SE(svytotal(~dE, halves)))
    )
  }
  result
}

# --- two phases ------------------------------------------------------------------------------------
# The variance of any linearised value by phase; z has the weights of both phases.
by_phase <- function(z, design) {
  found <- survey:::twophase2var(as.matrix(z), design)
  phases <- attr(found, "phases")
  c(as.numeric(phases$phase1), as.numeric(phases$phase2))
}
rechecked <- function(name) {
  d <- table_of(county$rechecks[[name]]$rows, county$recheck_columns)
  d$again <- d$again == 1
  # The package (4.1) looks up how many villages phase 1 drew of a village's stratum by the village's place among those
  # with a row in phase 2, but in the rows of phase 1 (Dcheck_subset: sampsize[ithese]). With strata of different sizes
  # its first-phase variance depends on the order of the rows. In this order, one row of each village first, it is right.
  leads <- d$again
  leads[leads] <- !duplicated(d$village[d$again])
  d <- d[order(!leads, d$hh), ]
  d$no_limit <- 1e12
  n_c <- ave(d$hh, d$cell, FUN = length)
  d$last <- d$w * n_c / ave(as.numeric(d$again), d$cell, FUN = sum)
  designs <- lapply(c("no_limit", "stratum_villages"), function(size) {
    twophase(id = list(~village, ~hh), strata = list(~stratum, ~cell), fpc = list(reformulate(size), NULL),
             subset = ~again, data = d, method = "full")
  })
  result <- lapply(c(0, 2), function(group) {
    x <- d$persons * (d$group == group)
    before <- d$wrong * (d$group == group)
    found <- ifelse(d$again, d$found, 0) * (d$group == group)
    w2 <- ifelse(d$again, d$last, 0)
    whole <- sum(d$w * x)
    inside <- d$again & d$group == group
    centred <- before - weighted.mean(before[inside], w2[inside])
    spread <- sum(w2[inside] * centred[inside]^2)
    slope <- if (spread > 0) sum(w2[inside] * centred[inside] * found[inside]) / spread else 1
    one <- function(b) {
      value <- (sum(d$w * b * before) + sum(w2 * (found - b * before))) / whole
      z <- (w2 * (found - value * x) / whole)[d$again]
      e <- (w2 * (found - b * before) / whole)[d$again]
      list(slope = b, value = value, first = sapply(designs, function(design) by_phase(z, design)[1]),
           second = by_phase(e, designs[[1]])[2])
    }
    list(difference = one(1), regression = one(slope))
  })
  names(result) <- c("exited", "unregistered")
  result
}

simple <- data.frame(id = 1:20, cell = rep(1:2, c(12, 8)), y = NA, again = FALSE, N = 300)
simple$y[1:5] <- 1:5
simple$y[13:15] <- 6:8
simple$again[c(1:5, 13:15)] <- TRUE
simple_total <- svytotal(~y, twophase(id = list(~id, ~id), strata = list(NULL, ~cell), fpc = list(~N, NULL), data = simple, subset = ~again))

data(pbc, package = "survival")
pbc$again <- !is.na(pbc$trt)
pbc_mean <- svymean(~bili, twophase(id = list(~id, ~id), data = pbc, subset = ~again))
write_json(
  list(source = "Serum bilirubin of 418 patients of the Mayo Clinic trial in primary biliary cirrhosis, 312 of them randomised, as distributed with R package survival (pbc); the two-phase example of R package survey",
       bili = pbc$bili, again = as.integer(pbc$again)),
  path("pbc.json"), auto_unbox = TRUE, digits = NA
)

write_json(
  list(
    about = "Made by make_survey_fixtures.R from R package survey; covariances are K x K.",
    R = as.character(getRversion()),
    survey = as.character(packageVersion("survey")),
    schools = schools,
    county = sapply(names(county$inspections), inspected, simplify = FALSE),
    rechecks = sapply(names(county$rechecks), rechecked, simplify = FALSE),
    two_phase = list(
      simple = list(value = as.numeric(coef(simple_total)), phases = sapply(attr(vcov(simple_total), "phases"), as.numeric)),
      pbc = list(value = as.numeric(coef(pbc_mean)), phases = sapply(attr(vcov(pbc_mean), "phases"), as.numeric))
    )
  ),
  path("survey_estimates.json"), auto_unbox = TRUE, digits = I(17), pretty = FALSE
)
