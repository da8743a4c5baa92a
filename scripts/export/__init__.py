"""Write what `x-job` and links declare in other vocabularies: Arazzo workflows, and Speakeasy's polling extension."""
