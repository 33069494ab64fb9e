"""Where rows are: the company, the projects and the parents that are meant."""
