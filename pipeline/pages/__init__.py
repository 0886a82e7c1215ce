"""Labelled texts as pages that a crawl would bring: rendered and read again, among boilerplate, or only begun."""
