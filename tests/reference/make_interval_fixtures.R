# Makes data/interval_limits.json: svyciprop's limits by every method, on the package's school samples and on samples of
# the example county (data/interval_samples.json).
#
#   Rscript tests/reference/make_interval_fixtures.R
#
# Everything is printed to 17 digits. Beside what svyciprop says stand, from the same fitted model:
#   logit_converged   method "logit" iterated until nothing changes; by default glm stops at a change of 1e-8
#   likelihood_root   where the deviance of method "likelihood" passes its own threshold; R reads it from a spline
#   dispersion        by which that deviance is divided
#   uncut_angles      the two angles of method "asin", which sin()^2 brings back to [0, 1] even where they are negative
suppressPackageStartupMessages({
  library(survey)
  library(jsonlite)
})
options(survey.lonely.psu = "fail")

folder <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)))
methods <- c("logit", "likelihood", "asin", "beta", "mean", "xlogit")
strict <- glm.control(epsilon = 1e-15, maxit = 100)

expit <- function(eta) 1 / (1 + exp(-eta))

# Limits, or NULL where R has none.
limits <- function(method, design, level) {
  found <- tryCatch(suppressWarnings(svyciprop(~event, design, method = method, level = level)), error = function(e) NULL)
  if (is.null(found)) return(NULL)
  ci <- as.numeric(attr(found, "ci"))
  if (anyNA(ci)) NULL else ci
}

# The deviance stops changing before the coefficient does, so the fit begins again where it ended. The last digit may go
# on changing, which glm warns of.
fitted_model <- function(design) {
  given <- list(formula = event ~ 1, design = design, family = quasibinomial(), control = strict)
  fit <- function(start) suppressWarnings(do.call(svyglm, c(given, list(start = start))))
  fit(coef(fit(coef(fit(NULL)))))
}

logit_converged <- function(design, level) {
  expit(as.numeric(confint(fitted_model(design), level = level, ddf = degf(design))))
}

# The same deviance, dispersion and threshold as confint(method = "likelihood"), with a root in place of the spline.
likelihood_root <- function(design, level) {
  model <- fitted_model(design)
  weight <- model$prior.weights
  y <- model$y
  dispersion <- as.numeric(summary(model)$dispersion)[1]
  lambda <- model$cov.unscaled[1, 1] / model$naive.cov[1, 1]
  threshold <- qt((1 - level) / 2, degf(design))^2 * lambda
  centre <- as.numeric(coef(model))
  log_chances <- function(eta) c(plogis(eta, log.p = TRUE), plogis(-eta, log.p = TRUE))
  # Of events and others, from the difference of their logarithms: the deviances themselves are large.
  totals <- c(sum(weight * y), sum(weight * (1 - y)))
  gap <- function(eta) -2 * sum(totals * (log_chances(eta) - log_chances(centre))) / dispersion - threshold
  expit(c(uniroot(gap, c(centre - 30, centre), tol = 1e-14)$root, uniroot(gap, c(centre, centre + 30), tol = 1e-14)$root))
}

uncut_angles <- function(design, level) {
  mean_of <- svymean(~event, design)
  names(mean_of) <- "p"
  as.numeric(confint(svycontrast(mean_of, quote(asin(sqrt(p)))), 1, level = level, df = degf(design)))
}

case <- function(data, outcome, weighting, design, level) {
  estimate <- svymean(~event, design)
  some <- coef(estimate) > 0 && coef(estimate) < 1
  c(
    list(
      data = data, outcome = outcome, weighting = weighting, level = level, p = as.numeric(coef(estimate)),
      se = as.numeric(SE(estimate)), df = degf(design), n = nrow(design),
      limits = sapply(methods, limits, design = design, level = level, simplify = FALSE)
    ),
    if (some) list(
      logit_converged = logit_converged(design, level), likelihood_root = likelihood_root(design, level),
      uncut_angles = uncut_angles(design, level), dispersion = as.numeric(summary(fitted_model(design))$dispersion)[1]
    )
  )
}

data(api)
schools <- list()
for (level in c(0.9, 0.95)) {
  one_stage <- svydesign(id = ~dnum, weights = ~pw, data = apiclus1, fpc = ~fpc)
  # Its weights are printed to four digits; those of the sizes are exact.
  stratified <- svydesign(id = ~1, strata = ~stype, data = apistrat, fpc = ~fpc)
  add <- function(data, outcome, design, event) {
    schools[[length(schools) + 1]] <<- case(data, outcome, "weighted", update(design, event = event), level)
  }
  add("apiclus1", "ell == 0", one_stage, as.numeric(apiclus1$ell == 0))
  add("apiclus1", "api00 > 800", one_stage, as.numeric(apiclus1$api00 > 800))
  add("apiclus1", "enroll > 500", one_stage, as.numeric(apiclus1$enroll > 500))
  add("apistrat", "api00 > 900", stratified, as.numeric(apistrat$api00 > 900))
  add("apistrat", "enroll > 500", stratified, as.numeric(apistrat$enroll > 500))
  add("apistrat", "enroll < 3000", stratified, as.numeric(apistrat$enroll < 3000))
}

# One row a person, as svyciprop wants it; villages are drawn, as if with replacement.
county <- list()
samples <- fromJSON(file.path(folder, "data", "interval_samples.json"), simplifyVector = TRUE)
for (name in names(samples$samples)) {
  rows <- as.data.frame(samples$samples[[name]]$rows)
  names(rows) <- samples$columns
  villages <- ave(rows$village, rows$stratum, FUN = function(v) length(unique(v)))
  visited <- ave(rows$persons, rows$village, FUN = length)
  rows$weight <- rows$stratum_villages / villages * rows$block_households / visited
  persons <- rows[rep(seq_len(nrow(rows)), rows$persons), ]
  persons$event <- as.numeric(sequence(rows$persons) <= rep(rows$wrong_persons, rows$persons))
  for (weighting in c("raw", "weighted")) {
    persons$w <- if (weighting == "raw") 1 else persons$weight
    design <- svydesign(id = ~village, strata = ~stratum, weights = ~w, data = persons)
    for (level in c(0.9, 0.95)) county[[length(county) + 1]] <- case(name, "wrong person", weighting, design, level)
  }
}

result <- list(
  about = "R's svyciprop; see make_interval_fixtures.R. A method without limits has none there.",
  versions = list(R = R.version.string, survey = as.character(packageVersion("survey"))),
  cases = c(schools, county)
)
text <- toJSON(result, auto_unbox = TRUE, digits = NA, null = "null")
writeLines(gsub('},{"data"', '},\n{"data"', text, fixed = TRUE), file.path(folder, "data", "interval_limits.json"))
